import CircuitBreakers
import Supervision
import SupervisionTesting
import Testing

@testable import MessageQueue

@Suite struct ApplicationTests {
    private let clock = ManualClock()
    private let recorder = EventRecorder()
    private let queue = InMemoryQueue()
    private let runtime: Runtime

    init() {
        runtime = Runtime(clock: clock, events: recorder)
    }

    private func take(_ count: Int) async throws {
        let outbox = ServerRef(.outbox, in: runtime)
        for number in 1...count { try await outbox.call { $0.take("order \(number)") } }
    }

    /// Lets time pass until the outbox has sent so many orders and the consumer has dealt with them.
    private func waitUntilDone(_ count: Int) async {
        await recorder.waitFor { if case OrderEvent.sent(count) = $0 { true } else { false } }
        clock.advance(by: Application.period)
        await recorder.waitFor { if case OrderEvent.done(count) = $0 { true } else { false } }
    }

    @Test func ordersGoThroughTheQueue() async throws {
        let tree = try await Application.tree(queue: queue).start(as: "app", in: runtime)
        try await take(3)
        clock.advance(by: Application.period)
        await waitUntilDone(3)
        #expect(try await ServerRef(.outbox, in: runtime).call { $0.count } == 0)
        try await tree.stop()
    }

    @Test func ordersAreKeptWhileTheQueueFailsAndSentWhenItIsBack() async throws {
        let tree = try await Application.tree(queue: queue).start(as: "app", in: runtime)
        await queue.set(.failing, of: .send)
        try await take(3)
        for refusal in 1...4 {
            clock.advance(by: Application.period)
            await recorder.waitFor(refusal) { if case OrderEvent.kept(3, _) = $0 { true } else { false } }
        }
        // The fourth was rejected by the circuit.
        #expect(await queue.attempts[.send] == 3)
        await queue.set(nil, of: .send)
        clock.advance(by: Application.openTime)
        await waitUntilDone(3)
        #expect(try await ServerRef(.outbox, in: runtime).call { $0.count } == 0)
        try await tree.stop()
    }
}
