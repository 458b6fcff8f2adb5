/// Something that a supervisor did, or saw a child do.
///
/// The four parts of an OTP report are here: ``supervisor``, ``context``, ``reason`` and ``offender``.
public struct SupervisionEvent: RuntimeEvent {
    /// What a supervisor does about a child that has ended by itself.
    public enum Consequence: Sendable, Equatable {
        /// It is started again at once.
        case restartsNow
        /// It is started again when its back-off has passed.
        case restartsAfter(Duration)
        /// Its specification is kept; `restartChild` brings it back.
        case staysDown
        /// A temporary child is dropped with its specification.
        case removed
        /// It would have been restarted once too often (R33).
        case supervisorGivesUp
    }

    /// What happened.
    public enum Kind: Sendable {
        /// A child runs; on request when `startChild` or `restartChild` asked for it.
        case started(incarnation: Int, onRequest: Bool)
        /// A child runs again after it had ended.
        case restarted(incarnation: Int)
        /// A child could not be started.
        case startFailed(any Error, willRetry: Bool)
        /// A child's start said that there is nothing to do (R12).
        case ignored(next: Consequence)
        /// A child ended by itself.
        case ended(ExitReason, next: Consequence)
        /// A child ended because its supervisor asked it to.
        case stopped(ExitReason)
        /// A child that was asked to stop ended otherwise than it should (R53).
        case shutdownError(ExitReason)
        /// That many children of the dynamic supervisor at the path ended for that reason when it stopped them all at
        /// once;
        /// `isExpected` when they may (R53). One event tells of all that ended alike (R55).
        case childrenStopped(ExitReason, count: Int, isExpected: Bool)
        /// A child did not stop in time, and was given up after this long (S3).
        case unstoppable(askedFor: Duration)
        /// A child that had been given up has ended after all.
        case zombieEnded
        /// The supervisor gives up, because this child would have been restarted once too often (R33).
        case gaveUp(ExitReason, RestartIntensity)
        /// The child would have been restarted more often than its own limit allows, and stays down until
        /// `restartChild` or the restart of its group brings it back (S6).
        case parked(ExitReason, RestartIntensity)
        /// The child would have been restarted more often than its own limit allows, and is tried again when that
        /// time has passed (S6).
        case paused(ExitReason, RestartIntensity, Duration)
        /// The supervisor ends because this significant child did (R62, R63).
        case autoShutdown
        /// The child's mailbox has reached its high-water mark (S17).
        case mailboxHigh(depth: Int, limit: Int?)
        /// The process was told to end by a signal, named here.
        case signalled(String)
    }

    /// Where the child stands in the tree; the last part is its id, and a number of its own in a dynamic supervisor.
    public let path: String
    /// What kind of child it is.
    public let child: ChildKind
    /// What happened.
    public let kind: Kind
    /// At what the child was when it crashed; nil when it has not, or was at no message (G12).
    public let crash: CrashReport?

    /// The child as its specification describes it; nil for what is no child of a supervisor.
    public let offender: Offender?

    /// An event of the child at `path`.
    public init(
        path: String,
        child: ChildKind,
        kind: Kind,
        crash: CrashReport? = nil,
        offender: Offender? = nil
    ) {
        self.path = path
        self.child = child
        self.kind = kind
        self.crash = crash
        self.offender = offender
    }

    public var details: String? { crash?.description }

    public var level: EventLevel { kind.level }

    public var description: String {
        "\(path) \(text)"
    }

    /// What happened, without the path.
    public var text: String {
        switch kind {
        case .started(let incarnation, _):
            incarnation > 1 ? "started, life \(incarnation)" : "started"
        case .restarted(let incarnation): "restarted, life \(incarnation)"
        case .startFailed(let error, let willRetry):
            "failed to start: \(error)\(willRetry ? "; will be tried again" : "")"
        case .ignored(let next): "has nothing to do; \(next)"
        case .ended(let reason, let next):
            "\(reason.isClean ? "ended (\(reason))" : "crashed: \(reason)"); \(next)"
        case .stopped(let reason): reason.isShutdown ? "stopped" : "stopped (\(reason))"
        case .shutdownError(let reason): "ended badly while it was being stopped: \(reason)"
        case .childrenStopped(let reason, let count, let isExpected):
            Self.text(of: count == 1 ? "1 child" : "\(count) children", reason, isExpected)
        case .unstoppable(let time):
            """
            did not stop within \(time.shortDescription) and was given up; its code still runs, cut off from the rest. \
            Look for a wait that ignores cancellation
            """
        case .zombieEnded: "has ended at last, after it had been given up"
        case .gaveUp(let reason, let intensity):
            """
            would have been restarted more than \(intensity.restarts) times within \
            \(intensity.period.shortDescription), so its supervisor gives up; it ended with: \(reason)
            """
        case .parked(let reason, let limit):
            """
            is parked, as its own limit allows \(limit.words); it stays down until restartChild brings it back; it ended \
            with: \(reason)
            """
        case .paused(let reason, let limit, let time):
            """
            is tried again in \(time.shortDescription), as its own limit allows \(limit.words); it ended with: \(reason)
            """
        case .autoShutdown: "was significant, so its supervisor ends too"
        case .mailboxHigh(let depth, let limit):
            "has \(depth) messages waiting\(limit.map { ", and takes no more than \($0)" } ?? "")"
        case .signalled(let signal): "received \(signal) and stops; a second one ends the process at once"
        }
    }

    private static func text(of children: String, _ reason: ExitReason, _ isExpected: Bool) -> String {
        if !isExpected { return "had \(children) end badly while it stopped them: \(reason)" }
        return "stopped \(children)\(reason.isShutdown ? "" : " (\(reason))")"
    }
}

extension SupervisionEvent.Kind {
    /// How much it matters to an operator.
    var level: EventLevel {
        switch self {
        case .started(_, let onRequest): onRequest ? .debug : .info
        case .restarted, .ignored, .stopped, .autoShutdown, .zombieEnded, .signalled: .info
        // A permanent child is not meant to end, not even well.
        case .ended(let reason, let next): reason.isClean && (next == .staysDown || next == .removed) ? .info : .error
        case .mailboxHigh, .paused: .warning
        case .childrenStopped(_, _, let isExpected): isExpected ? .info : .error
        case .startFailed, .shutdownError, .unstoppable, .gaveUp, .parked: .error
        }
    }
}

extension RestartIntensity {
    fileprivate var words: String {
        "\(restarts) \(restarts == 1 ? "restart" : "restarts") within \(period.shortDescription)"
    }
}

extension SupervisionEvent.Consequence: CustomStringConvertible {
    public var description: String {
        switch self {
        case .restartsNow: "restarts now"
        case .restartsAfter(let delay): "restarts in \(delay.shortDescription)"
        case .staysDown: "stays down"
        case .removed: "is removed"
        case .supervisorGivesUp: "is not restarted again"
        }
    }
}

extension ExitReason {
    fileprivate var isShutdown: Bool {
        if case .shutdown = self { return true }
        return false
    }
}
