internal import Supervision

/// What a rate is taken over: one of its two parts, which are separate so that each is changed in its place.
struct CircuitWindow: Sendable {
    private var ring: CallRing?
    private var log: TimeLog?

    init(_ window: CircuitPolicy.Window) {
        switch window {
        case .calls(let size): ring = CallRing(size: size)
        case .time(let duration): log = TimeLog(duration: duration)
        }
    }

    mutating func append(isFailure: Bool, isSlow: Bool, at now: @autoclosure () -> RuntimeInstant) {
        if ring != nil {
            ring?.append(isFailure: isFailure, isSlow: isSlow)
        } else {
            log?.append(isFailure: isFailure, isSlow: isSlow, at: now())
        }
    }

    mutating func expire(at now: @autoclosure () -> RuntimeInstant) {
        if log != nil { log?.expire(at: now()) }
    }

    var calls: Int { ring?.calls ?? log?.calls ?? 0 }

    private var failures: Int { ring?.failures ?? log?.failures ?? 0 }

    private var slow: Int { ring?.slow ?? log?.slow ?? 0 }

    var failureRate: Double { calls == 0 ? 0 : Double(failures) / Double(calls) }

    var slowRate: Double { calls == 0 ? 0 : Double(slow) / Double(calls) }

    /// The window for another policy. One of the same kind keeps its calls.
    func changed(to window: CircuitPolicy.Window, at now: RuntimeInstant) -> CircuitWindow {
        var changed = CircuitWindow(window)
        switch window {
        case .calls(let size): if let ring { changed.ring = ring.resized(to: size) }
        case .time(let duration): if let log { changed.log = log.resized(to: duration, at: now) }
        }
        return changed
    }
}
