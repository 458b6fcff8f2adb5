/// What a child's specification asks of its place beside the basics.
///
/// An object, so that the many places that ask for nothing of it keep one empty reference. It is never changed: a
/// specification that is changed gets a new one.
@usableFromInline
final class ServerRules: Sendable {
    /// Which errors of a call's body end the incarnation (S10).
    let isCrash: (@Sendable (any Error) -> Bool)?

    fileprivate init(_ draft: Draft) {
        isCrash = draft.isCrash
    }

    /// Rules that are being put together.
    struct Draft {
        var isCrash: (@Sendable (any Error) -> Bool)?

        init(_ rules: ServerRules? = nil) {
            isCrash = rules?.isCrash
        }

        var rules: ServerRules { ServerRules(self) }
    }
}

extension Child {
    /// The same child with other rules.
    func with(_ change: (inout ServerRules.Draft) -> Void) -> Child {
        var draft = ServerRules.Draft(rules)
        change(&draft)
        var child = self
        child.rules = draft.rules
        return child
    }
}
