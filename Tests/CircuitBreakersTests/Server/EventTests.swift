import Supervision
import SupervisionTesting
import Synchronization
import Testing

@testable import CircuitBreakers

/// A sink that does something with each event of a circuit.
private final class ActingSink: EventSink {
    let breakers = Box<CircuitBreakerServer>()
    let seen = Mutex<[CircuitEvent]>([])
    private let act: @Sendable (CircuitEvent, CircuitBreakerServer) -> Void

    init(_ act: @escaping @Sendable (CircuitEvent, CircuitBreakerServer) -> Void) {
        self.act = act
    }

    func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        guard let event = event as? CircuitEvent else { return }
        if let breakers = breakers.value { act(event, breakers) }
        // Seen when it has been dealt with, so that an event told from within another would come before it.
        seen.withLock { $0.append(event) }
    }

    var transitions: [CircuitTransition] {
        seen.withLock { events in
            events.compactMap { event in
                if case .transition(let transition) = event.kind { transition } else { nil }
            }
        }
    }
}

@Suite("Events of circuits")
struct EventTests {
    @Test("B26 K110 nothing is told of a circuit that is made or called")
    func silent() async throws {
        let world = World()
        let breakers = await world.breakers()
        try await breakers.call("api") {}
        #expect(await world.circuitEvents(of: breakers).isEmpty)
    }

    @Test("B26 a sink may call the breaker; what that does is told after what it was told of")
    func callsBack() async throws {
        let clock = ManualClock()
        let sink = ActingSink { event, breakers in
            // An operator's hand that resets each circuit as soon as it has opened.
            if case .transition(let transition) = event.kind, transition.to == .open {
                if let service = event.service { try? breakers.table.reset(service) }
            }
        }
        let breakers = await Runtime(clock: clock, events: sink).run { CircuitBreakerServer(policy: .small()) }
        sink.breakers.value = breakers
        for _ in 0..<3 {
            await breakers.failingCall("api")
            await breakers.table.feed.flush()
        }
        #expect(sink.transitions.map(\.to) == [.open, .closed, .open, .closed, .open, .closed])
        #expect(await breakers.state(of: "api")?.state == .closed)
    }

    @Test("B26 with many threads at work the events of a circuit come in the order in which they happened")
    func ordered() async throws {
        let sink = ActingSink { _, _ in }
        let breakers = await Runtime(clock: ManualClock(), events: sink).run {
            CircuitBreakerServer(policy: .small())
        }
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    for step in 0..<500 {
                        // So that none is lost for want of room.
                        if step.isMultiple(of: 50) { await breakers.table.feed.flush() }
                        if worker == 0 {
                            try? await breakers.reset("api")
                        } else {
                            await breakers.failingCall("api")
                        }
                    }
                }
            }
        }
        await breakers.table.feed.flush()
        // Each step begins where the one before it ended.
        var state = CircuitState.closed
        for transition in sink.transitions {
            #expect(transition.from == state)
            state = transition.to
        }
        #expect(await breakers.state(of: "api")?.state == state)
    }

    @Test("B26 K146 nothing of the operation's error is in an event")
    func noData() async throws {
        struct Secret: Error { let password = "hunter2" }
        let world = World()
        var policy = CircuitPolicy.small()
        policy.openDuration = .custom(base: .seconds(1), upTo: .seconds(1)) { _ in throw Secret() }
        let breakers = await world.breakers(policy)
        _ = try? await breakers.call("api") { throw Secret() }
        let events = await world.circuitEvents(of: breakers)
        #expect(events.count == 2)
        for event in events { #expect(!"\(event)".contains("hunter2")) }
    }

    @Test("B26 the levels: what needs a look is a warning")
    func levels() async throws {
        let world = World()
        let breakers = await world.breakers()
        await breakers.failingCall("api")
        try await breakers.reset("api")
        _ = await breakers.admin(.remove("api"))
        let events = await world.circuitEvents(of: breakers)
        #expect(events.map(\.level) == [.warning, .info, .info])
        #expect(events.last?.description.hasPrefix("circuit 'api' was removed while closed; ") == true)
    }
}
