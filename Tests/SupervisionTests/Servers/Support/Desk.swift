import Supervision

/// A server that does what its messages say, and writes down what happens to it.
actor Desk: GenServer {
    typealias Work = @Sendable (isolated Desk, ServerContext<Desk>) async throws -> Void

    enum Message: Sendable {
        case note(String)
        case run(Work)
    }

    /// What this incarnation has written down.
    private(set) var notes: [String] = []
    private(set) var context: ServerContext<Desk>?
    private let journal: LifeJournal
    private let onStart: Work
    private let onTerminate: @Sendable (isolated Desk, ExitReason) async -> Void

    init(
        _ journal: LifeJournal,
        onStart: @escaping Work,
        onTerminate: @escaping @Sendable (isolated Desk, ExitReason) async -> Void
    ) {
        self.journal = journal
        self.onStart = onStart
        self.onTerminate = onTerminate
    }

    func started(_ context: ServerContext<Desk>) async throws {
        self.context = context
        try await onStart(self, context)
    }

    func handle(_ message: Message, _ context: ServerContext<Desk>) async throws {
        switch message {
        case .note(let line): note(line)
        case .run(let work): try await work(self, context)
        }
    }

    func terminate(reason: ExitReason) async {
        await onTerminate(self, reason)
    }

    /// Writes a line down, here and where it outlives the incarnation.
    func note(_ line: String) {
        notes.append(line)
        journal.note(line)
    }
}

extension ServerName where Server == Desk {
    static var desk: Self { .init("desk") }
}

extension ServerRef where Server == Desk {
    /// Makes the server crash in its handler.
    func crash(_ word: String = "mishap") {
        cast(.run { _, _ in throw Mishap(word) })
    }

    /// Makes the server hang in its handler, deaf to cancellation, until `point` is opened.
    func hang(at point: HoldPoint) {
        cast(.run { _, _ in await point.hold() })
    }

    /// What its present incarnation has written down. The call waits its turn, and so comes after all that was sent.
    func notes() async throws -> [String] {
        try await call { $0.notes }
    }
}
