import Supervision
import Synchronization
import Testing

/// Many callers at once, on threads of their own and with the machine's clock.
@Suite("Servers: many callers", .serialized)
struct StressTests {
    /// A server that finds out whether two of its messages run at the same time.
    actor Till: GenServer {
        /// What outlives the incarnations.
        final class Book: Sendable {
            let overlaps = Atomic(0)
            let served = Atomic(0)
            let casts = Atomic(0)
            let lives = Atomic(0)
        }

        enum Message: Sendable {
            case pay
            case crash
        }

        private let book: Book
        private var isBusy = false
        private(set) var total = 0

        init(_ book: Book) {
            self.book = book
            book.lives.add(1, ordering: .relaxed)
        }

        func handle(_ message: Message, _ context: ServerContext<Till>) async throws {
            enter()
            defer { isBusy = false }
            switch message {
            case .pay:
                await Task.yield()
                book.casts.add(1, ordering: .relaxed)
            case .crash: throw Mishap()
            }
        }

        private func enter() {
            if isBusy { book.overlaps.add(1, ordering: .relaxed) }
            isBusy = true
        }

        func serve() -> Int {
            enter()
            defer { isBusy = false }
            total += 1
            book.served.add(1, ordering: .relaxed)
            return total
        }

        func serveSlowly() async -> Int {
            enter()
            defer { isBusy = false }
            await Task.yield()
            total += 1
            book.served.add(1, ordering: .relaxed)
            return total
        }
    }

    /// How the calls of all callers ended.
    struct Tally: Sendable {
        var answered = 0
        var timedOut = 0
        var cancelled = 0
        var exited = 0
        var other: [String] = []

        var all: Int { answered + timedOut + cancelled + exited + other.count }

        mutating func count(_ call: () async throws -> Void) async {
            do {
                try await call()
                answered += 1
            } catch ServerError.timedOut {
                timedOut += 1
            } catch ServerError.exited {
                exited += 1
            } catch is CancellationError {
                cancelled += 1
            } catch {
                other.append("\(error)")
            }
        }

        static func + (left: Tally, right: Tally) -> Tally {
            Tally(
                answered: left.answered + right.answered,
                timedOut: left.timedOut + right.timedOut,
                cancelled: left.cancelled + right.cancelled,
                exited: left.exited + right.exited,
                other: left.other + right.other
            )
        }
    }

    let book = Till.Book()
    let runtime = Runtime(events: SilentSink())

    private func run(
        callers: Int,
        calls: Int,
        _ call: @escaping @Sendable (ServerRef<Till>, Int, inout Tally) async -> Void
    ) async throws -> Tally {
        let tree = try await Supervisor(intensity: RestartIntensity(1_000_000, within: .seconds(1))) {
            Child(ServerName<Till>("till")) { [book] in Till(book) }
        }.start(in: runtime)
        let ref = ServerRef(ServerName<Till>("till"), in: runtime)
        let tally = await withTaskGroup(of: Tally.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    var tally = Tally()
                    for number in 0..<calls { await call(ref, caller + number, &tally) }
                    return tally
                }
            }
            return await group.reduce(Tally(), +)
        }
        // Comes after all that was cast.
        try await ref.call(timeout: .seconds(60)) { _ in }
        try await tree.stop(.shutdown)
        #expect(book.overlaps.load(ordering: .relaxed) == 0)
        #expect(runtime.deadlines.pendingCount == 0)
        #expect(tally.other == [])
        return tally
    }

    @Test("S15 calls in place, queued and asynchronous: each is served once, and alone")
    func calls() async throws {
        let tally = try await run(callers: 64, calls: 300) { ref, number, tally in
            await tally.count {
                switch number % 4 {
                case 0: _ = try await ref.call(timeout: .seconds(60)) { await $0.serveSlowly() }
                case 1:
                    _ = try await ref.call(timeout: .seconds(60)) { (till: isolated Till, reply: Reply<Int>) in
                        reply(till.serve())
                    }
                default: _ = try await ref.call(timeout: .seconds(60)) { $0.serve() }
                }
            }
        }
        #expect(tally.answered == 64 * 300)
        #expect(book.served.load(ordering: .relaxed) == 64 * 300)
    }

    @Test("S15 casts between the calls: none is lost, and none is handled twice")
    func casts() async throws {
        let tally = try await run(callers: 32, calls: 300) { ref, number, tally in
            if number % 2 == 0 {
                ref.cast(.pay)
                tally.answered += 1
            } else {
                await tally.count { _ = try await ref.call(timeout: .seconds(60)) { $0.serve() } }
            }
        }
        #expect(tally.answered == 32 * 300)
        #expect(book.casts.load(ordering: .relaxed) == 32 * 150)
        #expect(book.served.load(ordering: .relaxed) == 32 * 150)
    }

    @Test("S16 tiny deadlines and cancelled callers: every call returns once, and nothing is left")
    func givingUp() async throws {
        let tally = try await run(callers: 64, calls: 100) { ref, number, tally in
            await tally.count {
                switch number % 4 {
                case 0: _ = try await ref.call(timeout: .microseconds(number % 200)) { await $0.serveSlowly() }
                case 1: _ = try await ref.call(timeout: .microseconds(number % 200)) { $0.serve() }
                case 2:
                    let task = Task { try await ref.call(timeout: .seconds(60)) { await $0.serveSlowly() } }
                    if number % 3 > 0 { await Task.yield() }
                    task.cancel()
                    _ = try await task.value
                default:
                    let task = Task {
                        try await ref.call(timeout: .seconds(60)) { (till: isolated Till, reply: Reply<Int>) in
                            reply(till.serve())
                        }
                    }
                    task.cancel()
                    _ = try await task.value
                }
            }
        }
        #expect(tally.all == 64 * 100)
        #expect(tally.exited == 0)
        // A body may have been served although its caller was gone, but never the other way round.
        #expect(book.served.load(ordering: .relaxed) >= tally.answered)
    }

    @Test("S2 S10 crashes between the calls: every call returns once, and only those in work are lost")
    func crashes() async throws {
        let tally = try await run(callers: 32, calls: 200) { ref, number, tally in
            await tally.count {
                switch number % 16 {
                case 0: ref.cast(.crash)
                case 1: try await ref.call(timeout: .seconds(60)) { _ in throw Exit(.error(Mishap())) }
                case 2: try await ref.call(timeout: .seconds(60)) { _ async throws in throw Exit(.error(Mishap())) }
                case 3, 4: _ = try await ref.call(timeout: .seconds(60)) { await $0.serveSlowly() }
                default: _ = try await ref.call(timeout: .seconds(60)) { $0.serve() }
                }
            }
        }
        let round = 32 * 200
        #expect(tally.all == round)
        #expect(tally.timedOut == 0 && tally.cancelled == 0)
        // Those that ended the server, and nobody else, are told of its end.
        let exits = (0..<32).reduce(0) { $0 + ($1..<$1 + 200).count { $0 % 16 == 1 || $0 % 16 == 2 } }
        let casts = (0..<32).reduce(0) { $0 + ($1..<$1 + 200).count { $0 % 16 == 0 } }
        #expect(tally.exited == exits)
        #expect(book.served.load(ordering: .relaxed) == round - exits - casts)
        #expect(book.lives.load(ordering: .relaxed) == exits + casts + 1)
    }

    @Test("S3 R52 a server that is killed and started again while it is called: every call returns once")
    func kills() async throws {
        let book = book
        let tree = try await Supervisor(intensity: RestartIntensity(1_000_000, within: .seconds(1))) {
            Child(ServerName<Till>("till"), shutdown: .brutalKill) { Till(book) }
        }.start(in: runtime)
        let ref = ServerRef(ServerName<Till>("till"), in: runtime)
        let returned = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<4_000 { _ = await ending { try await ref.call { $0.serve() } } }
                    return 4_000
                }
            }
            group.addTask {
                for _ in 0..<500 {
                    try? await tree.terminateChild("till")
                    _ = try? await tree.restartChild("till")
                }
                return 0
            }
            return await group.reduce(0, +)
        }
        #expect(returned == 8 * 4_000)
        try await tree.stop(.shutdown)
        #expect(runtime.deadlines.pendingCount == 0)
    }
}
