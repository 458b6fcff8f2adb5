/// The four parts of an OTP report: the supervisor, the context, the reason and the offender.
extension SupervisionEvent {
    /// What a supervisor was about when it had something to report, in OTP's terms.
    public enum Context: String, Sendable, Codable {
        /// A child runs (R16).
        case progress
        /// A child could not be started (R13, R46).
        case startError
        /// A child ended by itself (R20).
        case childTerminated
        /// A child that was asked to stop ended otherwise than it should, or did not stop (R53, S3).
        case shutdownError
        /// The supervisor itself gives up (R33).
        case shutdown
    }

    /// The child that a report is about, as its specification describes it.
    public struct Offender: Sendable, Hashable, CustomStringConvertible {
        /// The child's id within its supervisor.
        public let id: ChildID
        /// What kind of child it is.
        public let child: ChildKind
        /// The number of its present or its last incarnation; 0 before the first.
        public let incarnation: Int
        /// When it is started again after it has ended.
        public let restart: Restart
        /// Whether its end can end its supervisor.
        public let significant: Bool
        /// How long it is given to stop.
        public let shutdown: Shutdown

        public var description: String {
            "\(id): \(child), \(restart.rawValue)\(significant ? ", significant" : ""), shutdown \(shutdown)"
        }
    }

    /// The path of the supervisor; nil for what the topmost one says of itself.
    public var supervisor: String? {
        if case .childrenStopped = kind { return path }
        guard let slash = path.lastIndex(of: "/") else { return nil }
        return String(path[..<slash])
    }

    /// What the supervisor was about; nil for what OTP does not report.
    public var context: Context? {
        switch kind {
        case .started, .restarted: .progress
        case .startFailed: .startError
        case .ended: .childTerminated
        case .shutdownError, .unstoppable, .childrenStopped(_, _, isExpected: false): .shutdownError
        case .gaveUp: .shutdown
        case .ignored, .stopped, .childrenStopped, .zombieEnded, .parked, .paused, .autoShutdown, .mailboxHigh,
            .signalled:
            nil
        }
    }

    /// Why the child ended, or could not be started; nil when it did not end.
    public var reason: ExitReason? {
        switch kind {
        case .startFailed(let error, _): .error(error)
        case .ended(let reason, _), .stopped(let reason), .shutdownError(let reason), .gaveUp(let reason, _),
            .parked(let reason, _), .paused(let reason, _, _), .childrenStopped(let reason, _, _):
            reason
        case .unstoppable: .unstoppable
        case .started, .restarted, .ignored, .zombieEnded, .autoShutdown, .mailboxHigh, .signalled: nil
        }
    }
}

extension Shutdown: CustomStringConvertible {
    public var description: String {
        switch self {
        case .timeout(let time): time.shortDescription
        case .infinity: "infinity"
        case .brutalKill: "brutal kill"
        }
    }
}
