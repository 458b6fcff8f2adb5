import Supervision
import SupervisionTesting
import Synchronization
import Testing

@testable import CircuitBreakers

/// Events as a server's listeners see them.
@Suite("Watching circuits", .timeLimit(.minutes(1)))
struct WatchingTests {
    private struct Secret: Error, CustomStringConvertible {
        let description = "password hunter2"
    }

    @Test("K111 B26 a full cycle: five transitions, in order, once each, with service, states and time (B21)")
    func fullCycle() async throws {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(10))
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(10))
        try await breakers.call("api") {}

        let events = await world.circuitEvents(of: breakers)
        let transitions = await world.transitions(of: breakers)
        #expect(transitions.map(\.from) == [.closed, .open, .halfOpen, .open, .halfOpen])
        #expect(transitions.map(\.to) == [.open, .halfOpen, .open, .halfOpen, .closed])
        #expect(transitions.last?.counts.successes == 1)
        #expect(events.count == 5)
        #expect(events.allSatisfy { $0.service == "api" })
        #expect(events.map { $0.time.nanoseconds / 1_000_000_000 } == [0, 10, 10, 20, 20])
        #expect(events.map(\.level) == [.warning, .info, .warning, .info, .info])
    }

    @Test("K116 B26 whoever gets the error that opened the circuit sees it open at once")
    func updatedAtOnce() async {
        let world = World()
        let breakers = await world.breakers()
        for _ in 0..<100 {
            await #expect(throws: Broken.self) { try await breakers.call("api") { throw Broken() } }
            #expect(await breakers.state(of: "api")?.state == .open)
            #expect(await breakers.overview().health == .unhealthy)
            try? await breakers.reset("api")
        }
    }

    @Test("K114 B26 10 000 calls while the sink blocks: none is held up, and what was lost is counted")
    func blockedSink() async throws {
        let sink = BlockingSink()
        let runtime = Runtime(clock: ManualClock(), executor: ThreadExecutor(), events: sink)
        let breakers = await runtime.run { CircuitBreakerServer(policy: .small()) }
        await breakers.failingCall("first")
        await sink.waitUntilHeld()
        for number in 0..<10_000 { await breakers.failingCall(ServiceName("service-\(number % 500)")) }
        for _ in 0..<1_000 { try await breakers.reset("first") }
        sink.open()
        await breakers.table.feed.flush()
        // 500 circuits opened and rejected a call, and one was opened and reset 1 000 times; the first of these is told
        // of while the sink holds it, and 1 024 wait.
        #expect(sink.events.count == 1_026)
        #expect(sink.events.compactMap(\.lost) == [2_001 - 1_025])
        #expect(await breakers.overview().circuits.map(\.rejected).reduce(0, +) == 9_500)
    }

    @Test("K113 B26 a listener that throws: the breaker and other listeners go on; its supervisor starts it again")
    func listenerThrows() async throws {
        let world = World()
        var policy = CircuitPolicy.small()
        policy.flapping.openings = 100
        let heard = EventRecorder()
        let tree = try await Supervisor(intensity: .init(1_000, within: .seconds(1))) { [policy] in
            Child(.circuitBreakers) { CircuitBreakerServer(policy: policy) }
            Worker("bad listener") {
                let events = try await CircuitBreakerServer.events()
                heard.receive(Subscribed(), at: .origin)
                for await _ in events { throw Broken() }
            }
            Worker("good listener") {
                let events = try await CircuitBreakerServer.events()
                heard.receive(Subscribed(), at: .origin)
                for await event in events { heard.receive(event, at: event.time) }
            }
        }.start(in: world.runtime)
        await heard.waitFor(2) { $0 is Subscribed }
        for number in 1...3 {
            try await world.runtime.run {
                _ = try? await CircuitBreakerServer.call("api") { throw Broken() }
                try await CircuitBreakerServer.reset("api")
            }
            await heard.waitFor(2 * number) { $0 is CircuitEvent }
            // The bad one has been started again.
            await heard.waitFor(2 + number) { $0 is Subscribed }
        }
        #expect(await world.circuitEvents().count == 6)
        try await tree.stop()
    }

    private struct Subscribed: RuntimeEvent {
        let level = EventLevel.debug
        let description = "subscribed"
    }

    @Test("B26 rejections are told once in a second, with how many there were; figures have all of them")
    func sampledRejections() async throws {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("api")
        for _ in 1...5 { await breakers.failingCall("api") }
        world.clock.advance(by: .seconds(1))
        for _ in 1...5 { await breakers.failingCall("api") }
        let kinds = await world.circuitEvents(of: breakers).dropFirst().map(\.kind)
        #expect(kinds == [.rejected(.open, count: 1), .rejected(.open, count: 5)])
        #expect(await breakers.figures(of: "api")?.rejected == 10)
    }

    @Test("B26 late reports are told the same way")
    func sampledLate() async throws {
        let world = World()
        let breakers = await world.breakers()
        var permits: [CallPermitBox] = []
        for _ in 1...3 { permits.append(CallPermitBox(try breakers.permit("api"))) }
        try await breakers.reset("api")
        for permit in permits { permit.succeed() }
        let kinds = await world.circuitEvents(of: breakers).dropFirst().map(\.kind)
        #expect(kinds == [.late(count: 1)])
        #expect(await breakers.figures(of: "api")?.late == 3)
    }

    /// So that permits can stand in a list.
    private final class CallPermitBox {
        private var permit: CallPermit?

        init(_ permit: consuming CallPermit) { self.permit = consume permit }

        func succeed() { permit.take()?.succeed() }
    }

    @Test("K140 B26 with a metrics interval of 30 s there are three snapshots after 90 s (B11)")
    func metricsInterval() async throws {
        let world = World()
        let tree = try await Supervisor {
            Child(.circuitBreakers) { CircuitBreakerServer(policy: .small(), metricsInterval: .seconds(30)) }
        }.start(in: world.runtime)
        try await world.runtime.run { try await CircuitBreakerServer.call("api") {} }
        world.clock.advance(by: .milliseconds(29_999))
        #expect(await world.circuitEvents().isEmpty)
        // Two are due by the time that the first timer is dealt with, or the timers come one by one.
        world.clock.advance(by: .milliseconds(60_001))
        await world.recorder.waitFor(3) { $0.isFigures }
        let events = await world.circuitEvents()
        #expect(events.count == 3)
        guard case .figures(let figures) = events.last?.kind else { return }
        #expect(figures.map(\.service) == ["api"])
        #expect(figures.first?.calls == 1)
        #expect(events.allSatisfy { $0.service == nil && $0.level == .info })
        try await tree.stop()
        world.clock.advance(by: .seconds(90))
        #expect(await world.circuitEvents().count == 3)
    }

    @Test("B28 streams end when the server stops, and the sink has been told of all before it has stopped")
    func streamsEnd() async throws {
        let world = World()
        let tree = try await world.tree()
        let stream = try await world.runtime.run { try await CircuitBreakerServer.events() }
        try await world.runtime.run {
            _ = try? await CircuitBreakerServer.call("api") { throw Broken() }
            try await CircuitBreakerServer.reset("api")
        }
        try await tree.stop()
        #expect(world.recorder.events.count { $0 is CircuitEvent } == 2)
        var read: [CircuitEvent] = []
        for await event in stream { read.append(event) }
        #expect(read.count == 2)
    }

    @Test("B28 streams end when the server is restarted; the next one has the events of the new one")
    func streamsEndAtRestart() async throws {
        let world = World()
        let tree = try await world.tree()
        try await world.runtime.run {
            let stream = try await CircuitBreakerServer.events()
            try await tree.terminateChild("circuit-breakers")
            try await tree.restartChild("circuit-breakers")
            for await _ in stream { Issue.record("nothing happened before") }
            let next = try await CircuitBreakerServer.events()
            _ = try? await CircuitBreakerServer.call("api") { throw Broken() }
            for await event in next {
                #expect(event.service == "api")
                break
            }
        }
        try await tree.stop()
    }

    @Test("B26 K146 nothing that an operation threw, returned or was given is in any event, figure or overview")
    func noData() async throws {
        let world = World()
        var policy = CircuitPolicy.small(2)
        policy.judgeResult = { "\($0)".contains("hunter2") ? .failure : .success }
        policy.flapping = .init(openings: 1)
        policy.openDurationOf = { _ in throw Secret() }
        let breakers = await world.breakers(policy)
        let stream = breakers.events()
        for _ in 1...3 {
            _ = try? await breakers.call("api") { throw Secret() }
            _ = try? await breakers.call("api") { "hunter2" }
            _ = try? await breakers.call("api") { throw RetryableError(PermanentError(Secret())) }
            world.clock.advance(by: .seconds(100))
        }
        breakers.table.tellFigures()
        let events = await world.circuitEvents(of: breakers)
        #expect(events.contains { $0.isFigures })
        for event in events {
            #expect(!event.line().contains("hunter2"))
            #expect(!String(reflecting: event).contains("hunter2"))
        }
        var streamed = stream.makeAsyncIterator()
        for _ in events {
            let event = await streamed.next()
            #expect(!String(reflecting: event).contains("hunter2"))
        }
        #expect(!"\(await breakers.overview())".contains("hunter2"))
        #expect(await breakers.figures(of: "api")?.failuresByType.keys.sorted() == ["Secret", "result"])
    }

    @Test("B26 a policy that fails tells the type of what its function threw (E12)")
    func lines() async throws {
        let world = World()
        var policy = CircuitPolicy.small()
        policy.openDurationOf = { _ in throw Secret() }
        let breakers = await world.breakers(policy)
        await breakers.failingCall("api")
        try await breakers.reset("api")
        let lines = await world.circuitEvents(of: breakers).map(\.description)
        #expect(lines.first?.contains("threw Secret") == true)
        #expect(lines.dropFirst().first?.hasPrefix("circuit 'api' closed -> open for 10 s: a failure;") == true)
        #expect(lines.last?.hasPrefix("circuit 'api' open -> closed: reset by an operator;") == true)
    }
}

extension RuntimeEvent {
    /// An event with the figures of all circuits.
    fileprivate var isFigures: Bool {
        if case .figures = (self as? CircuitEvent)?.kind { true } else { false }
    }
}
