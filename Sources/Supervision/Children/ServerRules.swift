/// What a child's specification asks of its place beside the basics.
///
/// An object, so that the many places that ask for nothing of it keep one empty reference. It is never changed: a
/// specification that is changed gets a new one.
@usableFromInline
final class ServerRules: Sendable {
    fileprivate let draft: Draft

    /// Which errors of a call's body end the incarnation (S10).
    var isCrash: (@Sendable (any Error) -> Bool)? { draft.isCrash }
    /// How long a start may take (S9).
    var startTimeout: Duration? { draft.startTimeout }
    /// How long what is queued may be served before the child is asked to stop (S14).
    var drainTime: Duration? { draft.drainTime }
    /// How long one message may take (S10).
    var watchdog: Duration? { draft.watchdog }
    /// How much mail it takes (S17).
    var mailbox: MailboxBounds? { draft.mailbox }
    /// What reports may tell (S13).
    var reveals: RevealedData { draft.reveals }
    /// What becomes of mail over a restart (S2).
    var mail: MailOverRestart { draft.mail }
    /// The key of a registry that it is registered under, as its name (R90).
    var claim: RegistryClaim? { draft.claim }

    fileprivate init(_ draft: Draft) {
        self.draft = draft
    }

    /// The traits with which a mailbox is set up.
    var traits: MailboxTraits {
        var traits: MailboxTraits = []
        if mailbox != nil { traits.insert(.isBounded) }
        if mail == .discarded { traits.insert(.discardsMail) }
        if watchdog != nil { traits.insert(.isWatched) }
        return traits
    }

    /// Rules that are being put together.
    struct Draft: Sendable {
        var isCrash: (@Sendable (any Error) -> Bool)?
        var startTimeout: Duration?
        var drainTime: Duration?
        var watchdog: Duration?
        var mailbox: MailboxBounds?
        var mail = MailOverRestart.kept
        var reveals: RevealedData = []
        var claim: RegistryClaim?
    }
}

extension Child {
    /// The same child with other rules.
    func with(_ change: (inout ServerRules.Draft) -> Void) -> Child {
        var child = self
        child.rules = rules.changed(change)
        return child
    }
}

extension ServerRules? {
    fileprivate func changed(_ change: (inout ServerRules.Draft) -> Void) -> ServerRules {
        var draft = self?.draft ?? ServerRules.Draft()
        change(&draft)
        return ServerRules(draft)
    }
}
