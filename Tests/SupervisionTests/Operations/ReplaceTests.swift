import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Operations: another instance in a server's place")
struct ReplaceTests {
    /// A server with a state that can be carried over.
    private actor Shop: GenServer {
        enum Message: Sendable {
            case sell(Int)
            case sellLater(Int, Duration)
            case work(Int)
            case hang(HoldPoint)
        }

        private(set) var total: Int
        private let factor: Int
        private(set) var context: ServerContext<Shop>?
        private let journal: LifeJournal

        init(total: Int = 0, factor: Int = 1, context: ServerContext<Shop>? = nil, _ journal: LifeJournal) {
            self.total = total
            self.factor = factor
            self.context = context
            self.journal = journal
        }

        func started(_ context: ServerContext<Shop>) {
            self.context = context
            journal.note("started")
        }

        func handle(_ message: Message, _ context: ServerContext<Shop>) async {
            switch message {
            case .sell(let price): total += price * factor
            case .sellLater(let price, let delay): context.send(.sell(price), after: delay)
            case .work(let price): context.task({}) { _ in .sell(price) }
            case .hang(let hold): await hold.hold()
            }
        }

        func terminate(reason: ExitReason) {
            journal.note("terminate \(total)")
        }
    }

    private struct Weak: Sendable {
        weak let object: (any AnyObject & Sendable)?
    }

    private let bench = ServerBench()
    private static let name = ServerName<Shop>("shop")
    private var ref: ServerRef<Shop> { ServerRef(Self.name, in: bench.runtime) }

    private func start(backoff: Backoff? = nil) async throws -> ServerRef<Supervisor> {
        let journal = bench.journal
        return try await bench.start(Child(Self.name, backoff: backoff) { Shop(journal) })
    }

    /// Another instance with the same state and another factor.
    private func replace(factor: Int) async throws {
        let journal = bench.journal
        try await ref.replace { Shop(total: $0.total, factor: factor, context: $0.context, journal) }
    }

    private func idle() async throws {
        let place = try ref.resolve()
        while let work = place.withState(\.work) { await work.value }
    }

    @Test("C-V15 G17 the state is looked at and replaced, also of a suspended server", arguments: [true, false])
    func replace(isSuspended: Bool) async throws {
        let tree = try await start()
        ref.cast(.sell(1))
        try await idle()
        if isSuspended { try await ref.suspend() }
        #expect(try await ref.inspect { $0.total } == 1)
        try await replace(factor: 10)
        #expect(try ref.statistics().isSuspended == isSuspended)
        ref.cast(.sell(2))
        if isSuspended { try ref.resume() }
        #expect(try await ref.call { $0.total } == 21)
        #expect(bench.journal.lines == ["started"])
        #expect("\(ref.status)" == "running")
        #expect(try ref.statistics().restarts == 0)
        try await tree.stop(.shutdown)
        #expect(bench.journal.lines == ["started", "terminate 21"])
    }

    @Test("C-V15 G17 a function that fails leaves everything as it was, and its error goes to the caller")
    func failing() async throws {
        let tree = try await start()
        ref.cast(.sell(1))
        let instance = try await ref.call { ObjectIdentifier($0) }
        #expect(await ending { try await ref.replace { _ in throw Mishap("cannot") } } == "threw cannot")
        #expect(await ending { try await ref.replace { _ in throw Exit(.normal) } } == "threw exit: normal")
        #expect(try await ref.call { ObjectIdentifier($0) } == instance)
        #expect(try await ref.call { $0.total } == 1)
        try await tree.stop(.shutdown)
    }

    @Test("G17 what waits, timers, tasks and owed answers go on with the new instance")
    func belongings() async throws {
        let tree = try await start()
        let (hold, owed) = (HoldPoint(), LateReply())
        ref.cast(.sellLater(1, .seconds(5)))
        let call = Task { [ref] in
            try await ref.call(timeout: .seconds(60)) { (_: isolated Shop, reply: Reply<Int>) in owed.keep(reply) }
        }
        await owed.waitForReply()
        await bench.clock.waitForSleepers(2)
        ref.cast(.hang(hold))
        await hold.waitForArrivals()
        ref.cast(.sell(2))
        ref.cast(.work(3))
        let replacement = Task { try await replace(factor: 10) }
        await bench.clock.waitForSleepers(3)
        hold.open()
        try await replacement.value
        try await idle()
        bench.clock.advance(by: .seconds(5))
        try await idle()
        #expect(try await ref.call { $0.total } == 60)
        owed.answer(4)
        #expect(try await call.value == 4)
        try await tree.stop(.shutdown)
    }

    @Test("G17 several at once: each builds on what the one before it has made")
    func several() async throws {
        let tree = try await start()
        let hold = HoldPoint()
        ref.cast(.hang(hold))
        await hold.waitForArrivals()
        let journal = bench.journal
        var tasks: [Task<Void, any Error>] = []
        for number in 1...3 {
            tasks.append(
                Task { [ref] in
                    try await ref.replace { Shop(total: $0.total * 10 + number, context: $0.context, journal) }
                }
            )
            await bench.clock.waitForSleepers(number)
        }
        let looking = Task { [ref] in try await ref.inspect { $0.total } }
        await bench.clock.waitForSleepers(4)
        hold.open()
        for task in tasks { try await task.value }
        #expect(try await looking.value == 123)
        #expect(try await ref.call { $0.total } == 123)
        try await tree.stop(.shutdown)
    }

    @Test("G17 with a visitor in place, it comes when the visitor has left")
    func visitor() async throws {
        let tree = try await start()
        try await idle()
        let place = try ref.resolve()
        // What a call in place does, in two steps.
        let (old, word) = try #require(place.enter())
        let task = Task { try await replace(factor: 10) }
        await bench.clock.waitForSleepers(1)
        #expect(place.withState { $0.server === old })
        place.leave(old, by: word)
        try await task.value
        ref.cast(.sell(1))
        #expect(try await ref.call { $0.total } == 10)
        try await tree.stop(.shutdown)
    }

    @Test("G17 in-place calls reach the new instance, and the old one is freed")
    func freed() async throws {
        let tree = try await start()
        let old = try await ref.call { Weak(object: $0) }
        try await replace(factor: 2)
        try await idle()
        #expect(try ref.resolve().isGateOpen)
        ref.cast(.sell(1))
        #expect(try await ref.call { $0.total } == 2)
        try await idle()
        #expect(await bench.isGone { old.object == nil })
        let new = try await ref.call { Weak(object: $0) }
        #expect(new.object != nil)
        try await tree.stop(.shutdown)
        #expect(await bench.isGone { new.object == nil })
    }

    @Test("G17 the same instance again is a replacement that changes nothing")
    func same() async throws {
        let tree = try await start()
        ref.cast(.sell(3))
        try await ref.replace { $0 }
        #expect(try await ref.call { $0.total } == 3)
        try await tree.stop(.shutdown)
    }

    @Test("G17 S4 a restart makes a fresh server, by its specification")
    func restart() async throws {
        let tree = try await start()
        try await replace(factor: 10)
        ref.exit(.error(Mishap()))
        await bench.recorder.waitFor(line: "app/shop restarted, life 2")
        ref.cast(.sell(1))
        #expect(try await ref.call { $0.total } == 1)
        try await tree.stop(.shutdown)
    }

    @Test("G17 when the server is told to end meanwhile, the new instance cleans up")
    func endsMeanwhile() async throws {
        let tree = try await start()
        let journal = bench.journal
        try await ref.replace { [ref] old in
            ref.exit(.normal)
            return Shop(total: 5, context: old.context, journal)
        }
        await bench.recorder.waitFor(line: "app/shop restarted, life 2")
        #expect(bench.journal.lines == ["started", "terminate 5", "started"])
        try await tree.stop(.shutdown)
    }

    @Test("S1 G17 an incarnation that was given up meanwhile puts nothing into the place of the next one")
    func fenced() async throws {
        let tree = try await start()
        let journal = bench.journal
        let place = try ref.resolve()
        let result = await ending {
            try await ref.replace { old in
                place.kill(1)
                return Shop(total: 99, context: old.context, journal)
            }
        }
        #expect(result == "not running: shop")
        await bench.recorder.waitFor(line: "app/shop restarted, life 2")
        try await idle()
        ref.cast(.sell(1))
        #expect(try await ref.call { $0.total } == 1)
        try await tree.stop(.shutdown)
    }

    @Test("G17 a supervisor cannot be replaced, and says what to do instead")
    func supervisor() async throws {
        let tree = try await start()
        let result = await ending { try await tree.replace { _ in Supervisor {} } }
        #expect(result == "not replaceable: app")
        #expect("\(ServerError.notReplaceable("app"))".contains("change its children instead"))
        try await tree.stop(.shutdown)
    }
}
