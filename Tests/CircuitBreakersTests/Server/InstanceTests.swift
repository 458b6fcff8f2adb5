import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("An instance by itself")
struct InstanceTests {
    @Test("B7 K30 the caller gets the operation's own error, also from the call that trips the circuit")
    func ownError() async throws {
        let breakers = await World().breakers(.small(2))
        for number in 1...2 {
            await #expect(throws: Broken(number: number)) {
                try await breakers.call("api") { throw Broken(number: number) }
            }
        }
        #expect(await breakers.state(of: "api")?.state == .open)
    }

    @Test("B7 B11 K26 K27 a rejection does not run the operation, and says all there is to say")
    func rejection() async throws {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("user-api")
        world.clock.advance(by: .milliseconds(5_800))
        let thrown = await #expect(throws: CircuitBreakerError.self) {
            try await breakers.call("user-api") { Issue.record("the operation ran") }
        }
        let error = try #require(thrown)
        #expect(error.service == "user-api")
        #expect(error.state == .open)
        #expect(error.retryAfter == .milliseconds(4_200))
        #expect(error.lastFailure as? Broken == Broken())
        #expect(
            error.description
                == "circuit 'user-api' is open; next attempt in 4.2 s; last failure: Broken(number: 0)"
        )
    }

    @Test("B7 K29 a thousand rejections make no chain")
    func noChain() async throws {
        var policy = CircuitPolicy.small()
        policy.judgeError = { _ in .failure }
        let breakers = await World().breakers(policy)
        await breakers.failingCall("api")
        for _ in 0..<1_000 {
            // An outer circuit that counts the rejection of an inner one keeps it without what that one carries.
            _ = try? await breakers.call("outer") { try await breakers.call("api") {} }
        }
        let error = await #expect(throws: CircuitBreakerError.self) { try await breakers.call("outer") {} }
        let kept = error?.lastFailure as? CircuitBreakerError
        #expect(kept?.service == "api")
        #expect(kept?.lastFailure == nil)
    }

    @Test("B8 the rejection of an inner circuit does not count in an outer one")
    func innerRejection() async {
        let breakers = await World().breakers()
        await breakers.failingCall("inner")
        _ = try? await breakers.call("outer") { try await breakers.call("inner") {} }
        #expect(await breakers.state(of: "outer")?.state == .closed)
        #expect(await breakers.state(of: "outer")?.counts.ignored == 1)
    }

    @Test("B6 K85 a result judged a failure is returned all the same")
    func badResult() async throws {
        var policy = CircuitPolicy.small()
        policy.judgeResults(of: Int.self) { $0 >= 500 ? .failure : .success }
        let breakers = await World().breakers(policy)
        #expect(try await breakers.call("api") { 503 } == 503)
        let error = await #expect(throws: CircuitBreakerError.self) { try await breakers.call("api") { 200 } }
        #expect(error?.lastFailure == nil)
    }

    @Test("B6 B12 the result of a probe is judged, too")
    func badProbe() async throws {
        var policy = CircuitPolicy.small()
        policy.judgeResults(of: Int.self) { $0 >= 500 ? .failure : .success }
        let world = World()
        let breakers = await world.breakers(policy)
        #expect(try await breakers.call("api") { 503 } == 503)
        world.clock.advance(by: .seconds(10))
        #expect(try await breakers.call("api") { 503 } == 503)
        #expect(await breakers.state(of: "api")?.state == .open)
    }

    @Test(
        "B5 K88 a cancelled caller counts as the policy says, whatever the operation throws",
        arguments: CallOutcome.allCases
    )
    func cancelledCaller(outcome: CallOutcome) async {
        var policy = CircuitPolicy.small(3)
        policy.cancellation = outcome
        let breakers = await World().breakers(policy)
        for _ in 0..<3 {
            await Task {
                withUnsafeCurrentTask { $0?.cancel() }
                await breakers.failingCall("api")
            }.value
        }
        let snapshot = await breakers.state(of: "api")
        #expect(snapshot?.counts.ignored == (outcome == .ignored ? 3 : 0))
        #expect(snapshot?.state == (outcome == .failure ? .open : .closed))
    }

    @Test("B5 K48 a cancelled probe gives its slot back")
    func cancelledProbe() async throws {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("api")
        world.clock.advance(by: .seconds(10))
        await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await breakers.failingCall("api")
        }.value
        #expect(await breakers.state(of: "api")?.state == .halfOpen)
        try await breakers.call("api") {}
        #expect(await breakers.state(of: "api")?.state == .closed)
    }

    @Test("B1 B12 the operation runs in the caller's task and on the caller's actor")
    @MainActor
    func callersTask() async throws {
        enum Local { @TaskLocal static var value = 0 }
        let breakers = await World().breakers()
        var seen = 0
        try await Local.$value.withValue(7) {
            // `seen` is the main actor's, so this compiles only because the operation stays there.
            try await breakers.call("api") {
                MainActor.assertIsolated()
                seen = Local.value
            }
        }
        #expect(seen == 7)
    }

    @Test("B1 K131 K132 a service that hangs or fails holds up no other")
    func independent() async throws {
        let breakers = await World().breakers()
        let (started, start) = AsyncStream<Void>.makeStream()
        let (released, release) = AsyncStream<Void>.makeStream()
        let slow = Task {
            try await breakers.call("slow") {
                start.finish()
                for await _ in released {}
                return 1
            }
        }
        for await _ in started {}
        await breakers.failingCall("broken")
        #expect(try await breakers.call("fast") { 2 } == 2)
        release.finish()
        #expect(try await slow.value == 1)
        #expect(await breakers.states().map(\.state) == [.open, .closed, .closed])
    }

    @Test("K116 the state is up to date when the failing call returns")
    func upToDate() async {
        let breakers = await World().breakers()
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.state == .open)
    }

    @Test("B9 K134 asking about an unknown service answers nil and makes no circuit; one with a policy is closed")
    func asking() async {
        let breakers = await World().breakers(policies: ["known": .small()])
        #expect(await breakers.state(of: "unknown") == nil)
        #expect(await breakers.state(of: "known") == CircuitSnapshot(service: "known", state: .closed))
        #expect(await breakers.states().map(\.service) == ["known"])
        #expect(breakers.table.circuit(of: "known") == nil)
    }

    @Test("B24 a service follows its own policy, the others the server's")
    func policies() async {
        let breakers = await World().breakers(.small(1), policies: ["patient": .small(3)])
        for service in ["patient", "other"] as [ServiceName] { await breakers.failingCall(service) }
        #expect(await breakers.state(of: "patient")?.state == .closed)
        #expect(await breakers.state(of: "other")?.state == .open)
    }

    @Test("B11 without a supervisor there are no timers, and an open time ends all the same")
    func lazy() async throws {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("api")
        #expect(world.clock.sleeperCount == 0)
        world.clock.advance(by: .seconds(100))
        #expect(await breakers.state(of: "api")?.state == .halfOpen)
        #expect(await world.transitions(of: breakers).map(\.to) == [.open])
        try await breakers.call("api") {}
        #expect(await world.transitions(of: breakers).map(\.to) == [.open, .halfOpen, .closed])
    }

    @Test("B16 the function of the open time runs outside of the lock: it may call the breaker")
    func functionCallsBack() async throws {
        let world = World()
        let box = Box<CircuitBreakerServer>()
        var policy = CircuitPolicy.small()
        policy.openDuration = .custom(base: .seconds(1), upTo: .seconds(60)) { attempt in
            let permit = try box.value?.permit("api")
            permit?.succeed()
            return .seconds(attempt + 2)
        }
        let breakers = await world.breakers(policy)
        box.value = breakers
        await breakers.failingCall("api")
        #expect(await breakers.state(of: "api")?.retryAfter == .seconds(2))
    }
}
