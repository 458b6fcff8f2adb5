import Supervision
import Synchronization

/// Nanoseconds of a clock that never goes back.
public func now() -> Int64 { SystemClock().now.nanoseconds }

/// Lets one task wait for the arrival of so many others.
public final class Arrivals: Sendable {
    private struct State {
        var missing: Int
        var last: Int64 = 0
        var waiter: CheckedContinuation<Int64, Never>?
    }

    private let state: Mutex<State>

    public init(_ count: Int = 0) {
        state = Mutex(State(missing: count))
    }

    /// From now on so many are waited for.
    public func expect(_ count: Int) {
        state.withLock { $0.missing = count }
    }

    /// One more is there, since `time`.
    public func arrive(at time: Int64 = now()) {
        let (waiter, last) = state.withLock { state in
            state.missing -= 1
            state.last = max(state.last, time)
            guard state.missing == 0 else { return (nil as CheckedContinuation<Int64, Never>?, state.last) }
            defer { state.waiter = nil }
            return (state.waiter, state.last)
        }
        waiter?.resume(returning: last)
    }

    /// Waits until all are there, and gives the time of the last.
    @discardableResult
    public func wait() async -> Int64 {
        await withCheckedContinuation { continuation in
            let last = state.withLock { state -> Int64? in
                if state.missing <= 0 { return state.last }
                state.waiter = continuation
                return nil
            }
            if let last { continuation.resume(returning: last) }
        }
    }
}

/// Holds tasks back until it is opened.
public final class Gate: Sendable {
    private let state = Mutex<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    public init() {}

    public func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    public func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
