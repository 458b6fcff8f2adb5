@testable import Supervision

/// A server that writes down its life, and ends as it is told.
actor Probe: GenServer {
    enum Message: Sendable {
        case end(ExitReason)
        case note(String)
        /// Hangs in its handler until the hold point is opened.
        case hang(HoldPoint)
    }

    let name: String
    private(set) var total = 0
    private let journal: LifeJournal?
    private let onStart: @Sendable () async throws -> Void
    private let onTerminate: @Sendable () async -> Void

    init(
        _ name: String,
        _ journal: LifeJournal? = nil,
        onStart: @escaping @Sendable () async throws -> Void = {},
        onTerminate: @escaping @Sendable () async -> Void = {}
    ) {
        self.name = name
        self.journal = journal
        self.onStart = onStart
        self.onTerminate = onTerminate
    }

    func started(_ context: ServerContext<Probe>) async throws {
        try await onStart()
        journal?.note("start \(name)")
    }

    func handle(_ message: Message, _ context: ServerContext<Probe>) async throws {
        switch message {
        case .end(let reason): throw Exit(reason)
        case .note(let line): journal?.note(line)
        case .hang(let point): await point.hold()
        }
    }

    func terminate(reason: ExitReason) async {
        await onTerminate()
        journal?.note("stop \(name)")
    }

    func add(_ number: Int) -> Int {
        total += number
        return total
    }
}

extension ServerRef where Server == Probe {
    /// Makes the server crash.
    func crash(_ word: String = "mishap") {
        cast(.end(.error(Mishap(word))))
    }
}
