import Supervision
import Synchronization
import Testing

/// Many senders at once to a small mailbox, on threads of their own and with the machine's clock.
@Suite("Servers: many senders to a bounded mailbox", .serialized)
struct BoundedStressTests {
    /// A server that writes down what reaches it.
    actor Clerk: GenServer {
        /// What outlives the incarnations.
        final class Book: Sendable {
            /// The numbers that came in, for each sender.
            let entries: Mutex<[Int: [Int]]> = .init([:])
            let overlaps = Atomic(0)

            func enter(_ sender: Int, _ number: Int) {
                entries.withLock { $0[sender, default: []].append(number) }
            }
        }

        enum Message: Sendable {
            case entry(sender: Int, number: Int)
            case crash
        }

        private let book: Book
        private var isBusy = false
        let generation: Int

        init(_ book: Book, generation: Int = 0) {
            self.book = book
            self.generation = generation
        }

        func handle(_ message: Message, _ context: ServerContext<Clerk>) async throws {
            switch message {
            case .entry(let sender, let number): await enterSlowly(sender, number)
            case .crash: throw Mishap()
            }
        }

        func enter(_ sender: Int, _ number: Int) {
            if isBusy { book.overlaps.add(1, ordering: .relaxed) }
            book.enter(sender, number)
        }

        func enterSlowly(_ sender: Int, _ number: Int) async {
            enter(sender, number)
            isBusy = true
            await Task.yield()
            isBusy = false
        }

        func next() -> Clerk { Clerk(book, generation: generation + 1) }
    }

    let book = Clerk.Book()
    let runtime = Runtime(events: SilentSink())
    private var ref: ServerRef<Clerk> { ServerRef(ServerName<Clerk>("clerk"), in: runtime) }

    private func start(_ overflow: MailboxOverflow) async throws -> ServerRef<Supervisor> {
        try await Supervisor(intensity: RestartIntensity(1_000_000, within: .seconds(1))) {
            Child(ServerName<Clerk>("clerk")) { [book] in Clerk(book) }.mailbox(limit: 8, overflow: overflow)
        }.start(in: runtime)
    }

    /// Runs `work` for each of many senders, and gives for each the numbers that it believes to have come in.
    private func run(
        senders: Int,
        _ work: @escaping @Sendable (ServerRef<Clerk>, Int) async -> [Int]
    ) async -> [Int: [Int]] {
        await withTaskGroup(of: (Int, [Int]).self) { group in
            for sender in 0..<senders {
                group.addTask { [ref] in (sender, await work(ref, sender)) }
            }
            return await group.reduce(into: [:]) { if !$1.1.isEmpty { $0[$1.0] = $1.1 } }
        }
    }

    private func finish(_ tree: ServerRef<Supervisor>) async throws {
        // A bounded mailbox may turn a call away, but not an operator.
        while try ref.statistics().mailboxDepth > 0 { try await ref.inspect(timeout: .seconds(60)) { _ in } }
        try await tree.stop(.shutdown)
        #expect(book.overlaps.load(ordering: .relaxed) == 0)
        #expect(runtime.deadlines.pendingCount == 0)
    }

    @Test(
        "S17 each call ends once, in a reply or overloaded; what was handled is what was answered, in order",
        arguments: [MailboxOverflow.reject, .dropOldest]
    )
    func calls(overflow: MailboxOverflow) async throws {
        let tree = try await start(overflow)
        let unexpected = Mutex<[String]>([])
        let answered = await run(senders: 24) { ref, sender in
            var answered: [Int] = []
            for number in 0..<400 {
                do {
                    switch number % 3 {
                    case 0: try await ref.call(timeout: .seconds(60)) { $0.enter(sender, number) }
                    case 1: try await ref.call(timeout: .seconds(60)) { await $0.enterSlowly(sender, number) }
                    default:
                        try await ref.call(timeout: .seconds(60)) { (clerk: isolated Clerk, reply: Reply<Void>) in
                            clerk.enter(sender, number)
                            reply()
                        }
                    }
                    answered.append(number)
                } catch ServerError.overloaded {
                } catch { unexpected.withLock { $0.append("\(error)") } }
            }
            return answered
        }
        try await finish(tree)
        #expect(unexpected.withLock { $0 } == [])
        #expect(book.entries.withLock { $0 } == answered)
    }

    @Test("S17 dropOldest: no cast is handled twice, and those of one sender keep their order")
    func casts() async throws {
        let tree = try await start(.dropOldest)
        let sent = await run(senders: 8) { ref, sender in
            for number in 0..<2_000 {
                ref.cast(.entry(sender: sender, number: number))
                if number % 50 == 0 { await Task.yield() }
            }
            return Array(0..<2_000)
        }
        try await finish(tree)
        for (sender, entries) in book.entries.withLock({ $0 }) {
            #expect(zip(entries, entries.dropFirst()).allSatisfy { $0 < $1 }, "of sender \(sender)")
            #expect(entries.count <= sent[sender]?.count ?? 0)
        }
        // The last ones of all were not followed by enough others to be dropped.
        #expect(book.entries.withLock { $0.values.contains { $0.last == 1_999 } })
    }

    @Test("S17 suspend: everything comes in once and in order, over crashes too, and never more than there is room for")
    func suspend() async throws {
        let tree = try await start(.suspend)
        let sent = await run(senders: 16) { ref, sender in
            for number in 0..<300 {
                do {
                    if number % 2 == 0 {
                        try await ref.send(.entry(sender: sender, number: number), timeout: .seconds(60))
                    } else {
                        try await ref.call(timeout: .seconds(60)) { $0.enter(sender, number) }
                    }
                    if number % 100 == 50 { try await ref.send(.crash, timeout: .seconds(60)) }
                    let depth = try ref.statistics().mailboxDepth
                    if depth > 8 { return [depth] }
                } catch { return [-1] }
            }
            return Array(0..<300)
        }
        try await finish(tree)
        #expect(book.entries.withLock { $0 } == sent)
        #expect(sent.values.allSatisfy { $0.count == 300 })
    }

    @Test("S16 S17 suspend: a send that was cancelled or timed out has sent nothing, any other exactly once")
    func givingUp() async throws {
        let tree = try await start(.suspend)
        let sent = await run(senders: 24) { ref, sender in
            var sent: [Int] = []
            for number in 0..<200 {
                let task = Task {
                    let timeout: Duration = number % 3 == 0 ? .microseconds(number) : .seconds(60)
                    try await ref.send(.entry(sender: sender, number: number), timeout: timeout)
                }
                if number % 5 == 1 { await Task.yield() }
                if number % 3 == 1 { task.cancel() }
                if case .success = await task.result { sent.append(number) }
            }
            return sent
        }
        try await finish(tree)
        #expect(book.entries.withLock { $0 } == sent)
    }

    @Test("G17 suspended, resumed, looked into, replaced and observed all the while: every call is served, once")
    func operators() async throws {
        let tree = try await Supervisor {
            Child(ServerName<Clerk>("clerk")) { [book] in Clerk(book) }
        }.start(in: runtime)
        let isOver = Atomic(false)
        let replacements = Mutex(0)
        async let operating: Void = {
            while !isOver.load(ordering: .relaxed) {
                try await ref.suspend(timeout: .seconds(60))
                try await ref.replace(timeout: .seconds(60)) { $0.next() }
                replacements.withLock { $0 += 1 }
                try ref.resume()
                try ref.observe()
                _ = try await ref.inspect(timeout: .seconds(60)) { $0.generation }
                try ref.stopObserving()
            }
        }()
        let answered = await run(senders: 8) { ref, sender in
            var answered: [Int] = []
            for number in 0..<300 {
                let isServed: Void? =
                    if number % 4 == 0 {
                        try? await ref.call(timeout: .seconds(60)) { await $0.enterSlowly(sender, number) }
                    } else {
                        try? await ref.call(timeout: .seconds(60)) { $0.enter(sender, number) }
                    }
                if isServed != nil { answered.append(number) }
            }
            return answered
        }
        isOver.store(true, ordering: .relaxed)
        try await operating
        #expect(try await ref.call { $0.generation } == replacements.withLock { $0 })
        try await finish(tree)
        #expect(book.entries.withLock { $0 } == answered)
        #expect(answered.values.allSatisfy { $0 == Array(0..<300) })
    }
}
