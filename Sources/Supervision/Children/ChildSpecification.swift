/// What describes a child: a ``Child`` or a ``Worker``, and what is asked for of it beside the basics.
///
/// ```swift
/// Child(.orders) { Orders() }
///     .startTimeout(.seconds(10))
///     .mailbox(limit: 1_000, overflow: .reject)
///     .drain(for: .seconds(20))
/// ```
///
/// Each of the functions below gives a changed copy.
public protocol ChildSpecification: Sendable {
    /// The child that is described.
    var child: Child { get }
}

extension ChildSpecification {
    /// Errors of a call's body that end the incarnation, as if a message had thrown them (S10).
    ///
    /// An error that a call throws goes to its caller and leaves the server running. Where it means that the server
    /// itself has broken, say so here: its caller then gets ``ServerError/exited(_:)`` and the supervisor restarts it.
    ///
    /// - Parameter isCrash: whether the error is such a one. It is asked on the server, so it should be quick.
    public func crashes(on isCrash: @escaping @Sendable (any Error) -> Bool) -> Child {
        child.with { $0.isCrash = isCrash }
    }

    /// Bounds the time of a start: making the server and its `started` together (S9).
    ///
    /// When the time is over the start is cancelled and has failed with ``ServerError/startTimedOut(after:)``. It is
    /// given the child's shutdown time to return; after that it is given up like a child that does not stop (S3).
    ///
    /// - Parameter timeout: longer than zero.
    public func startTimeout(_ timeout: Duration) -> Child {
        child.with { $0.startTimeout = timeout }
    }

    /// Has the child serve what is queued before it is asked to stop (S14).
    ///
    /// When its supervisor stops it, the child takes no more calls (``ServerError/shuttingDown``) and no more casts. What
    /// is queued is served, and calls that are to be answered later are waited for, at most for `time`; then it is asked
    /// to stop, and its shutdown time begins. What it sends to itself, with timers or tasks, still reaches it.
    ///
    /// - Parameter time: zero or more.
    public func drain(for time: Duration) -> Child {
        child.with { $0.drainTime = time }
    }

    /// Ends the incarnation when it takes too long for one message (S10).
    ///
    /// The message is cancelled, and the incarnation ends with ``ServerError/messageTimedOut(after:)`` as the reason: a
    /// crash, after which it is restarted by the usual rules. When the message does not heed its cancellation within the
    /// shutdown time, it is given up (S3).
    ///
    /// A server that is watched serves no call in the caller's own task, which makes its calls slower.
    ///
    /// - Parameter timeout: longer than zero.
    public func watchdog(_ timeout: Duration) -> Child {
        child.with { $0.watchdog = timeout }
    }

    /// Bounds the mailbox (S17).
    ///
    /// What the server sends to itself, with timers and tasks, is always let in.
    ///
    /// - Parameters:
    ///   - limit: how many letters may wait, 1 or more. The one that is being handled does not count.
    ///   - overflow: what becomes of a letter for which there is no room.
    ///   - highWater: the depth at which a warning is emitted, once until the mailbox has emptied to half of it; nil for
    ///     four fifths of the limit.
    public func mailbox(limit: Int, overflow: MailboxOverflow = .reject, highWater: Int? = nil) -> Child {
        child.with {
            $0.mailbox = MailboxBounds(
                limit: limit,
                overflow: overflow,
                highWater: highWater ?? max(1, limit - limit / 5)
            )
        }
    }

    /// Has a warning emitted when that many letters wait, once until the mailbox has emptied to half of it (S17).
    ///
    /// - Parameter highWater: 1 or more.
    public func mailbox(highWater: Int) -> Child {
        child.with { $0.mailbox = MailboxBounds(limit: nil, overflow: .reject, highWater: highWater) }
    }

    /// What becomes of mail when the incarnation ends and the child is started again (S2).
    public func mail(_ mail: MailOverRestart) -> Child {
        child.with { $0.mail = mail }
    }

    /// What reports of a crash may tell of the child's data; by default nothing (S13, G12).
    public func revealing(_ data: RevealedData) -> Child {
        child.with { $0.reveals = data }
    }
}
