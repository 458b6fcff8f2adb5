import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Requests whose answers are collected later")
struct RequestTests {
    let clock = ManualClock()
    let runtime: Runtime
    let names = ["a", "b", "c"]

    init() {
        runtime = Runtime(clock: clock, events: SilentSink())
    }

    func start() async throws -> ServerRef<Supervisor> {
        try await Supervisor {
            for name in names { Child(ServerName<Probe>(name), restart: .temporary) { Probe(name) } }
        }.start(in: runtime)
    }

    func probe(_ name: String) -> ServerRef<Probe> { ServerRef(ServerName<Probe>(name), in: runtime) }

    /// Makes a server hang until the point is opened.
    func hang(_ name: String) async -> HoldPoint {
        let point = HoldPoint()
        probe(name).cast(.hang(point))
        await point.waitForArrivals()
        return point
    }

    @Test("C-V17 G16 three requests in flight are collected by label, in the order in which they are answered")
    func collection() async throws {
        let tree = try await start()
        var points: [String: HoldPoint] = [:]
        for name in names { points[name] = await hang(name) }
        var answers = RequestCollection<String, Int>(in: runtime)
        for (index, name) in names.enumerated() {
            answers.add(try probe(name).request { $0.add(index) }, as: "to \(name)")
        }
        #expect(answers.check() == nil)
        var order: [String] = []
        for name in ["b", "c", "a"] {
            points[name]?.open()
            let answer = try await answers.next(within: .seconds(5))
            order.append("\(answer?.label ?? "none") \(try answer?.outcome.get() ?? -1)")
        }
        #expect(order == ["to b 1", "to c 2", "to a 0"])
        #expect(try await answers.next(within: .seconds(5)) == nil)
        #expect(answers.isEmpty)
        try await tree.stop(.shutdown)
        #expect(clock.sleeperCount == 0)
    }

    @Test("C-V17 G16 a deadline may be absolute; when it passes the requests stay, and can be given up")
    func absoluteDeadline() async throws {
        let tree = try await start()
        let point = await hang("a")
        var answers = RequestCollection<Int, Int>(in: runtime)
        answers.add(try probe("a").request { $0.add(1) }, as: 1)
        let deadline = runtime.now.advanced(by: .seconds(3))
        let waiting = Task { [answers] in
            var answers = answers
            return await ending { try await answers.next(until: deadline)?.label ?? -1 }
        }
        await clock.waitForSleepers(1)
        clock.advance(to: deadline)
        #expect(await waiting.value == "timed out after 3.0 seconds")
        #expect(answers.count == 1)
        answers.cancelAll()
        #expect(answers.isEmpty)
        point.open()
        #expect(try await probe("a").call { $0.total } == 0)
        try await tree.stop(.shutdown)
    }

    @Test("C-V17 G16 wait keeps the request, response gives it up, check does not wait")
    func single() async throws {
        let tree = try await start()
        let point = await hang("a")
        let kept = try probe("a").request { $0.add(1) }
        let givenUp = try probe("a").request { $0.add(10) }
        #expect(kept.check() == nil)
        let wait = Task { try await kept.wait(within: .seconds(1)) == nil }
        await clock.waitForSleepers(1)
        let response = Task { await ending { try await givenUp.response(within: .seconds(1)) } }
        await clock.waitForSleepers(2)
        clock.advance(by: .seconds(1))
        #expect(try await wait.value)
        #expect(await response.value == "timed out after 1.0 seconds")
        point.open()
        #expect(try await kept.response() == 1)
        #expect(try kept.check()?.get() == 1)
        #expect(try await probe("a").call { $0.total } == 1)
        try await tree.stop(.shutdown)
    }

    @Test("G16 G4 a request keeps its place among what its sender sends")
    func order() async throws {
        let tree = try await start()
        let point = await hang("a")
        let first = try probe("a").request { $0.add(1) }
        let second = try probe("a").request { server async in server.add(10) }
        let third = try probe("a").request { $0.total }
        point.open()
        #expect(try await third.response() == 11)
        #expect(try await second.response() == 11)
        #expect(try await first.response() == 1)
        try await tree.stop(.shutdown)
    }

    @Test("G16 a request to a server that ends, or that is not there, tells so; one that throws gives its error")
    func failures() async throws {
        let tree = try await start()
        let point = await hang("a")
        let request = try probe("a").request { $0.total }
        let throwing = try probe("b").request { _ -> Int in throw Mishap("no") }
        #expect(await ending { try await throwing.response() } == "threw no")
        probe("a").exit(.shutdown)
        point.open()
        #expect(await ending { try await request.response() }.hasPrefix("exited"))
        #expect(throws: ServerError.self) { try probe("nobody").request { $0.total } }
        try await tree.stop(.shutdown)
    }

    @Test("G16 who waits for an answer and is cancelled gets away at once, and the request stays")
    func cancelled() async throws {
        let tree = try await start()
        let point = await hang("a")
        let request = try probe("a").request { $0.add(1) }
        let wait = Task { await ending { try await request.wait(within: .seconds(1)) == nil } }
        await clock.waitForSleepers(1)
        wait.cancel()
        #expect(await wait.value == "cancelled")
        point.open()
        #expect(try await request.response() == 1)
        #expect(clock.sleeperCount == 0)
        try await tree.stop(.shutdown)
    }

    @Test("S12 a server may ask itself, as long as it does not wait for the answer in the same turn")
    func selfRequest() async throws {
        let tree = try await start()
        let ref = probe("a")
        let request = try await ref.call { server async throws -> ServerRequest<Int> in
            try ref.request { server async throws in
                try await ServerRef(ServerName<Probe>("b"), in: .current).call { $0.add(2) } + server.add(1)
            }
        }
        #expect(try await request.response() == 3)
        try await tree.stop(.shutdown)
    }

    @Test(
        "C-V18 G18 a call to several servers: answers, those that are not there, and late answers that disturb nothing"
    )
    func multiCall() async throws {
        let tree = try await start()
        let point = await hang("b")
        let servers = ["a", "b", "missing", "c"].map(probe)
        let call = Task {
            let result = try await servers.multiCall(timeout: .seconds(2)) { $0.add(1) }
            return (
                result.replies.map { "\($0.server.status) \($0.value)" },
                await result.failures.asyncMap { failure in await ending { throw failure.error } }
            )
        }
        await clock.waitForSleepers(1)
        // All have been asked by now; these two have answered when a later call is through.
        for name in ["a", "c"] { _ = try await probe(name).call { $0.total } }
        clock.advance(by: .seconds(2))
        let (replies, failures) = try await call.value
        #expect(replies == ["running 1", "running 1"])
        #expect(failures == ["timed out after 2.0 seconds", "not running: missing"])
        point.open()
        #expect(try await probe("b").call { $0.total } == 0)
        try await tree.stop(.shutdown)
    }

    @Test("G18 a cast to several servers reaches those that are there")
    func castToMany() async throws {
        let journal = LifeJournal()
        let tree = try await Supervisor {
            for name in names { Child(ServerName<Probe>(name)) { Probe(name, journal) } }
        }.start(in: runtime)
        _ = journal.take()
        ["a", "missing", "c"].map(probe).cast(.note("heard"))
        for name in names { _ = try await probe(name).call { $0.total } }
        #expect(journal.lines == ["heard", "heard"])
        try await tree.stop(.shutdown)
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ transform: (Element) async -> Value) async -> [Value] {
        var values: [Value] = []
        for element in self { values.append(await transform(element)) }
        return values
    }
}
