import Supervision

/// An event that was to come did not.
struct MissingEvent: Error, CustomStringConvertible {
    let what: String
    let limit: Duration

    var description: String { "the tour expected \(what) within \(limit.inSeconds), but it did not come" }
}

extension EventLog {
    /// Waits for the first event that `isRight`, and moves `position` behind it.
    ///
    /// - Parameter what: the event in words, for the error.
    /// - Throws: ``MissingEvent``; `CancellationError` when the process is told to end meanwhile.
    func wait(
        for what: String,
        after position: inout Int,
        within limit: Duration = .seconds(8),
        _ isRight: @escaping @Sendable (any RuntimeEvent) -> Bool
    ) async throws {
        let start = position
        position = try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                var next = start
                for await event in self.events(from: start) {
                    next += 1
                    if isRight(event) { return next }
                    if self.isStopping { break }
                }
                throw CancellationError()
            }
            group.addTask {
                try await Task.sleep(for: limit)
                throw MissingEvent(what: what, limit: limit)
            }
            defer { group.cancelAll() }
            guard let next = try await group.next() else { throw CancellationError() }
            return next
        }
    }

    /// Waits until the sample's tree has started.
    func waitUntilTreeRuns() async throws {
        var position = 0
        try await wait(for: "the start of the tree", after: &position) { event in
            guard let event = event as? SupervisionEvent, event.shortPath == "app" else { return false }
            return if case .started = event.kind { true } else { false }
        }
    }
}
