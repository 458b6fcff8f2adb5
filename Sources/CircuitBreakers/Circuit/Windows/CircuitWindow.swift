internal import Supervision

/// What a rate is taken over.
enum CircuitWindow: Sendable {
    case calls(CallRing)
    case time(TimeLog)

    init(_ window: CircuitPolicy.Window) {
        switch window {
        case .calls(let size): self = .calls(CallRing(size: size))
        case .time(let duration): self = .time(TimeLog(duration: duration))
        }
    }

    mutating func append(isFailure: Bool, isSlow: Bool, at now: @autoclosure () -> RuntimeInstant) {
        switch self {
        case .calls(var ring):
            // Emptied first, so that the ring is changed in its place.
            self = .time(TimeLog(duration: .zero))
            ring.append(isFailure: isFailure, isSlow: isSlow)
            self = .calls(ring)
        case .time(var log):
            self = .time(TimeLog(duration: .zero))
            log.append(isFailure: isFailure, isSlow: isSlow, at: now())
            self = .time(log)
        }
    }

    mutating func expire(at now: @autoclosure () -> RuntimeInstant) {
        if case .time(var log) = self {
            self = .time(TimeLog(duration: .zero))
            log.expire(at: now())
            self = .time(log)
        }
    }

    var calls: Int {
        switch self {
        case .calls(let ring): ring.calls
        case .time(let log): log.calls
        }
    }

    var failureRate: Double {
        switch self {
        case .calls(let ring): Self.share(ring.failures, of: ring.calls)
        case .time(let log): Self.share(log.failures, of: log.calls)
        }
    }

    var slowRate: Double {
        switch self {
        case .calls(let ring): Self.share(ring.slow, of: ring.calls)
        case .time(let log): Self.share(log.slow, of: log.calls)
        }
    }

    /// The window for another policy. One of the same kind keeps its calls.
    func changed(to window: CircuitPolicy.Window, at now: RuntimeInstant) -> CircuitWindow {
        switch (self, window) {
        case (.calls(let ring), .calls(let size)): ring.size == size ? self : .calls(ring.resized(to: size))
        case (.time(let log), .time(let duration)):
            log.duration == duration ? self : .time(log.resized(to: duration, at: now))
        default: CircuitWindow(window)
        }
    }

    private static func share(_ part: Int, of whole: Int) -> Double {
        whole == 0 ? 0 : Double(part) / Double(whole)
    }
}
