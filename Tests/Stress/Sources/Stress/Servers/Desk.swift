internal import Supervision
internal import Synchronization

/// The server under stress. It notes all that reaches it, and does what it is told: wait, answer later, crash, end.
actor Desk: GenServer {
    enum Message: Sendable {
        /// A numbered message of a sender.
        case note(sender: Int, number: Int, Witness)
        /// A timer of that incarnation.
        case tick(incarnation: Int, Witness)
        /// The answer to a call that was put off.
        case answer(Reply<Int>, Int, Witness)
        /// Work beside the mailbox is done.
        case worked(incarnation: Int, Witness)
        /// Wait for a while.
        case linger(Duration, Witness)
        /// Set timers and start work beside the mailbox.
        case bustle(Witness)
        case crash(Witness)
        case end(Witness)
    }

    /// What a desk ends with when it is told to crash.
    struct PlannedCrash: Error {}

    /// How a call that is answered later is answered.
    enum LaterAnswer: Sendable {
        case atOnce, byTimer(Duration), byTask, never, withEnd
    }

    private nonisolated let log: DeskLog
    private nonisolated let turnstile = Atomic(false)
    private let witness: Witness
    private var context: ServerContext<Desk>?
    /// The last message of each sender in this life.
    private var last: [Int: Int] = [:]

    init(_ log: DeskLog) {
        self.log = log
        witness = Witness(.server, log.round.census)
    }

    private nonisolated func enter(_ work: String) { log.enter(turnstile, at: work) }
    private nonisolated func leave() { log.leave(turnstile) }

    func started(_ context: ServerContext<Desk>) async throws {
        enter("started")
        defer { leave() }
        self.context = context
        context.send(
            .tick(incarnation: context.incarnation, Witness(.message, log.round.census)),
            every: .milliseconds(3)
        )
        try log.round.mayFailStart(log.name, context.incarnation)
    }

    func handle(_ message: Message, _ context: ServerContext<Desk>) async throws {
        enter("\(message)")
        defer { leave() }
        switch message {
        case .note(let sender, let number, _): note(number, of: sender)
        case .tick(let incarnation, _), .worked(let incarnation, _):
            log.round.referee.require(
                incarnation == context.incarnation,
                "life \(context.incarnation) got what life \(incarnation) had sent to itself (S1, B14)",
                at: log.name
            )
        case .answer(let reply, let value, _): reply(value)
        case .linger(let time, _): try await context.runtime.sleep(for: time)
        case .bustle: bustle(context)
        case .crash: throw PlannedCrash()
        case .end: throw Exit(.normal)
        }
    }

    func terminate(reason: ExitReason) async {
        enter("terminate")
        defer { leave() }
        context = nil
        await Task.yield()
    }

    private func note(_ number: Int, of sender: Int) {
        let former = last.updateValue(number, forKey: sender) ?? 0
        log.round.referee.require(
            number > former,
            "message \(number) of sender \(sender) came after message \(former) in one life (S15)",
            at: log.name
        )
        log.begin(number, of: sender)
    }

    private func bustle(_ context: ServerContext<Desk>) {
        let census = log.round.census
        let incarnation = context.incarnation
        context.send(.tick(incarnation: incarnation, Witness(.message, census)), after: .microseconds(300))
        context.send(.tick(incarnation: incarnation, Witness(.message, census)), after: .seconds(3_600))
        context.send(.tick(incarnation: incarnation, Witness(.message, census)), after: .seconds(1)).cancel()
        context.`continue`(with: .tick(incarnation: incarnation, Witness(.message, census)))
        context.idleTimeout(.milliseconds(1), .tick(incarnation: incarnation, Witness(.message, census)))
        let work = Witness(.task, census)
        let runtime = context.runtime
        context.task { [work] in
            _ = work
            try await runtime.sleep(for: .microseconds(200))
        } _: { _ in
            .worked(incarnation: incarnation, Witness(.message, census))
        }
    }
}

// MARK: - Bodies of calls

extension Desk {
    /// A call that does not suspend.
    func serve(_ record: CallRecord) throws -> Int {
        enter("call \(record.number)")
        defer { leave() }
        record.begin(mayBeLate: false)
        defer { record.end() }
        return try record.outcome()
    }

    /// A call that suspends.
    func serveSlowly(_ record: CallRecord, for time: Duration) async throws -> Int {
        enter("slow call \(record.number)")
        defer { leave() }
        record.begin(mayBeLate: true)
        defer { record.end() }
        if let context { try await context.runtime.sleep(for: time) }
        return try record.outcome()
    }

    /// A call that is answered later.
    func serveLater(_ record: CallRecord, _ reply: Reply<Int>, _ answer: LaterAnswer) throws {
        enter("deferred call \(record.number)")
        defer { leave() }
        record.begin(mayBeLate: true)
        record.end()
        guard let context else { return }
        let census = log.round.census
        let value = try record.outcome()
        switch answer {
        case .atOnce: reply(value)
        case .byTimer(let delay): context.send(.answer(reply, value, Witness(.message, census)), after: delay)
        case .byTask:
            let incarnation = context.incarnation
            context.task {
                reply(value)
            } _: { _ in
                .worked(incarnation: incarnation, Witness(.message, census))
            }
        case .never: break
        case .withEnd: reply(value, ending: .normal)
        }
    }

    /// What was begun of a sender: a call, so it comes after what that sender has cast before (S15).
    func seen(of sender: Int) -> DeskLog.Seen {
        enter("question")
        defer { leave() }
        return log.seen(of: sender)
    }
}
