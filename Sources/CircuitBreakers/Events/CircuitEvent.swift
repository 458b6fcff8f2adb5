public import Supervision

/// Something that happened to a circuit, or to the circuits of a server (B26).
///
/// The events of one circuit come in the order in which they happened, outside of every lock, so a sink may call the
/// breaker. They carry names, states, counts and times, and of an error its type alone. The runtime's sink is told of
/// them, and so is each ``CircuitEventStream``.
public struct CircuitEvent: RuntimeEvent, Hashable {
    /// What happened.
    public enum Kind: Sendable, Hashable {
        /// The circuit went from one state to another, or was reset.
        case transition(CircuitTransition)
        /// A probe said nothing for so long that it lost its slot (B13).
        case leaseExpired(countedAs: CircuitPolicy.HalfOpen.ExpiredProbe, after: Duration)
        /// The policy's function for the open time failed, so the base of its back-off held (B16).
        case backoffTrouble(BackoffTrouble)
        /// An operator removed the circuit.
        case removed(CircuitState, counts: CircuitCounts)
        /// The circuit had to make room for another one (B23).
        case evicted(CircuitCounts)
        /// Calls were not let through, the latest of them for that reason; so many since this was last told. The first
        /// is told, and then at most one in a second.
        case rejected(RejectionReason, count: Int)
        /// Reports came too late to change anything (B4); so many since this was last told. The first is told, and
        /// then at most one in a second.
        case late(count: Int)
        /// The circuit opens again and again, or no longer does.
        case flapping(FlappingAlarm.Change)
        /// The store could not do what it was asked, in words without anything that it holds.
        case storeTrouble(String)
        /// The figures of all circuits, by name, told at a regular interval. An event of the whole server.
        case figures([CircuitFigures])
        /// So many events found no room before this one, since whoever listens was too slow. An event of the whole
        /// server.
        case eventsLost(Int)
    }

    /// Why a call was not let through.
    public enum RejectionReason: Sendable, Hashable {
        /// The circuit was open, or forced open.
        case open
        /// It was half-open, and its probes were in flight.
        case noFreeProbe
        /// It had closed a short time ago, and lets the calls through little by little.
        case recovering
        /// A circuit that it depends on was open.
        case dependencyOpen(ServiceName)
    }

    /// What the policy's function for the open time did wrong.
    public enum BackoffTrouble: Sendable, Hashable {
        /// It threw an error of that type.
        case threw(errorType: String)
        /// It gave a negative time.
        case negative(Duration)
    }

    /// The circuit's service; nil for an event of the whole server.
    public let service: ServiceName?
    /// When it happened, on the runtime's clock.
    public let time: RuntimeInstant
    /// What happened.
    public let kind: Kind

    /// A circuit that opens, and whatever did not go as the policy meant it, is a warning.
    public var level: EventLevel {
        switch kind {
        case .transition(let transition): transition.to == .open || transition.to == .forcedOpen ? .warning : .info
        case .leaseExpired, .backoffTrouble, .storeTrouble, .eventsLost, .flapping(.raised): .warning
        case .removed, .evicted, .rejected, .late, .flapping(.cleared), .figures: .info
        }
    }

    /// One readable line.
    public var description: String {
        guard let service else { return "circuits: \(kind)" }
        return "circuit '\(service)' \(kind)"
    }
}

extension CircuitEvent.Kind: CustomStringConvertible {
    /// What happened, without the circuit that it happened to.
    public var description: String {
        switch self {
        case .transition(let transition): "\(transition)"
        case .leaseExpired(let outcome, let timeout):
            "took a slot back from a probe that said nothing for \(timeout.shortDescription); counted as \(outcome)"
        case .backoffTrouble(.threw(let type)):
            "used the base of its open time: the function of openDuration threw \(type)"
        case .backoffTrouble(.negative(let duration)):
            "used the base of its open time: the function of openDuration gave \(duration.shortDescription)"
        case .evicted(let counts): "made room for another one; \(counts)"
        case .removed(let state, let counts): "was removed while \(state); \(counts)"
        case .rejected(let reason, count: 1): "rejected a call: \(reason)"
        case .rejected(let reason, let count): "rejected \(count) calls, the latest: \(reason)"
        case .late(count: 1): "got a report that came too late"
        case .late(let count): "got \(count) reports that came too late"
        case .flapping(let change): "\(change)"
        case .storeTrouble(let trouble): "has trouble with its store: \(trouble)"
        case .figures(let figures): "\(CircuitOverview(figures).summary)"
        case .eventsLost(1): "an event was lost on a listener that is too slow"
        case .eventsLost(let count): "\(count) events were lost on a listener that is too slow"
        }
    }
}

extension CircuitEvent.RejectionReason: CustomStringConvertible {
    /// The reason in words.
    public var description: String {
        switch self {
        case .open: "open"
        case .noFreeProbe: "no free probe"
        case .recovering: "recovering"
        case .dependencyOpen(let service): "'\(service)', which it depends on, is open"
        }
    }
}

extension CircuitCounts: CustomStringConvertible {
    /// The counts in words.
    public var description: String {
        """
        \(calls) calls, \(successes) succeeded, \(failures) failed, \(ignored) ignored, \(rejected) rejected, \(late) late
        """
    }
}
