internal import Synchronization

/// What is noted of a server while an operator looks on (G17).
@usableFromInline
final class Instruments: Sendable {
    struct Counts: Sendable {
        var received = 0
        var refused = 0
        var handled = 0
        var failed = 0
        var timeInHandlers = Duration.zero
        var highWater = 0
    }

    private struct State: Sendable {
        var counts = Counts()
        /// The last ones, the oldest first.
        var log: [LoggedMessage] = []
    }

    let since: RuntimeInstant
    let traces: Bool
    private let logSize: Int
    private let path: String
    private let runtime: Runtime
    private let state = Mutex(State())

    init(path: String, runtime: Runtime, logSize: Int, traces: Bool) {
        self.path = path
        self.runtime = runtime
        self.logSize = logSize
        self.traces = traces
        since = runtime.now
    }

    var counts: Counts { state.withLock { $0.counts } }
    var log: [LoggedMessage] { state.withLock { $0.log } }

    /// A letter has come in, or was refused. Called under the lock of the mailbox.
    func received(isAccepted: Bool, depth: Int) {
        state.withLock { state in
            if isAccepted { state.counts.received += 1 } else { state.counts.refused += 1 }
            state.counts.highWater = max(state.counts.highWater, depth)
        }
    }

    /// A letter that had come in had to make room.
    func dropped() {
        state.withLock { $0.counts.refused += 1 }
    }

    func began(_ label: String, at time: RuntimeInstant) {
        if traces { runtime.emit(ServerTraceEvent(path: path, message: label, step: .began)) }
    }

    func ended(_ label: String, began: RuntimeInstant, now: RuntimeInstant, failure: (any Error)?) {
        let time = began.duration(to: now)
        state.withLock { state in
            state.counts.handled += 1
            if failure != nil { state.counts.failed += 1 }
            state.counts.timeInHandlers += time
            guard logSize > 0 else { return }
            if state.log.count >= logSize { state.log.removeFirst() }
            state.log.append(LoggedMessage(message: label, at: began, took: time, endedServer: failure != nil))
        }
        if traces {
            let step: ServerTraceEvent.Step = failure == nil ? .ended(took: time) : .failed(took: time)
            runtime.emit(ServerTraceEvent(path: path, message: label, step: step))
        }
    }
}
