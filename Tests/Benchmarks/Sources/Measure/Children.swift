import Supervision
import Synchronization

/// Counts restarts, and wakes the one who waits for them.
private final class RestartCount: EventSink {
    private let state = Mutex<(restarts: Int, awaited: Int, waiter: CheckedContinuation<Void, Never>?)>((0, 0, nil))

    func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        guard case .restarted = (event as? SupervisionEvent)?.kind else { return }
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.restarts += 1
            guard state.restarts == state.awaited else { return nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func wait(for count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                state.awaited = count
                state.waiter = continuation
                return state.restarts >= count
            }
            if isThere { continuation.resume() }
        }
    }
}

private actor Fragile: GenServer {
    enum Message: Sendable { case crash }
    struct Crash: Error {}

    func handle(_ message: Message, _ context: ServerContext<Fragile>) throws {
        throw Crash()
    }
}

/// What a child costs at each size: to start, to be restarted after a crash, to stop, and to keep. None of it should
/// grow with the number of children.
func measureChildren(_ report: inout Report) async throws {
    let sizes = [10_000, 30_000, 100_000]
    for size in sizes { try await measureDynamic(size, &report) }
    for size in sizes { try await measureStatic(size, &report) }
}

private func measureDynamic(_ count: Int, _ report: inout Report) async throws {
    let restarts = RestartCount()
    let runtime = Runtime(events: restarts)
    let intensity = RestartIntensity(count, within: .seconds(3600))
    let tree = try await DynamicSupervisor(intensity: intensity).start(in: runtime)
    let clock = ContinuousClock()
    let before = residentBytes()
    var children: [ServerRef<Fragile>] = []
    children.reserveCapacity(count)
    let start = try await clock.measure {
        for _ in 0..<count { children.append(try await tree.startChild("child") { Fragile() }) }
    }
    let bytes = residentBytes() - before
    let restart = await clock.measure {
        for child in children { child.cast(.crash) }
        await restarts.wait(for: count)
    }
    children = []
    let stop = try await clock.measure { try await tree.stop() }
    let left = residentBytes() - before
    let words = [("start", start), ("restart", restart), ("stop", stop)].map { "\($0) \($1.microseconds(of: count))" }
    report.add(
        "dynamic, \(count) children",
        words.joined(separator: ", ") + " µs each; \(bytes / count) B, \(left / count) left"
    )
}

private func measureStatic(_ count: Int, _ report: inout Report) async throws {
    let runtime = Runtime(events: SilentSink())
    let clock = ContinuousClock()
    let tree = try await Supervisor {}.start(in: runtime)
    let start = try await clock.measure {
        for number in 0..<count {
            try await tree.startChild(Child(ServerName<Fragile>("child-\(number)")) { Fragile() })
        }
    }
    let terminate = try await clock.measure {
        for number in 0..<count / 10 {
            let id = ChildID("child-\(number)")
            try await tree.terminateChild(id)
            try await tree.deleteChild(id)
        }
    }
    let stop = try await clock.measure { try await tree.stop() }
    let words = [("start", start, count), ("terminate and delete", terminate, count / 10), ("stop", stop, count)]
        .map { "\($0) \($1.microseconds(of: $2))" }
    report.add("static, \(count) named", words.joined(separator: ", ") + " µs each")
}

extension Duration {
    fileprivate func microseconds(of count: Int) -> String {
        let (seconds, attoseconds) = components
        return ((Double(seconds) * 1e6 + Double(attoseconds) / 1e12) / Double(count)).short
    }
}
