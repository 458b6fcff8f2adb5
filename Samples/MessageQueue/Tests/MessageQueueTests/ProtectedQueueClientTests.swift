import CircuitBreakers
import Supervision
import SupervisionTesting
import Testing

@testable import MessageQueue

@Suite struct ProtectedQueueClientTests {
    private typealias Client = ProtectedQueueClient<InMemoryQueue>

    private let clock = ManualClock()
    private let queue = InMemoryQueue()
    private let runtime: Runtime

    init() {
        runtime = Runtime(clock: clock, events: SilentSink())
    }

    /// Runs `body` with a protected client in a tree with circuits.
    private func run(
        _ circuits: Client.Circuits = .perMethod,
        _ body: @Sendable (Client) async throws -> Void
    ) async throws {
        let tree = try await Supervisor {
            Child(.circuitBreakers) { CircuitBreakerServer(policy: Application.policy) }
        }.start(in: runtime)
        let client = Client(queue, queue: "orders", circuits: circuits, timeLimit: TimeLimit(.seconds(1)))
        try await runtime.run { try await body(client) }
        try await tree.stop()
    }

    private func failToSend(_ client: Client, times: Int) async {
        for _ in 0..<times { await #expect(throws: QueueError.unavailable) { try await client.send("lost") } }
    }

    @Test func aMessageGoesThrough() async throws {
        try await run { client in
            try await client.send("order")
            let messages = try await client.receive(upTo: 10)
            #expect(messages.map(\.body) == ["order"])
            for message in messages { try await client.acknowledge(message.receipt) }
            clock.advance(by: .seconds(60))
            #expect(try await client.receive(upTo: 10).isEmpty)
        }
    }

    @Test func aMessageThatIsNotAcknowledgedComesAgain() async throws {
        try await run { client in
            try await client.send("order")
            let first = try await client.receive(upTo: 10)
            #expect(try await client.receive(upTo: 10).isEmpty)
            clock.advance(by: .milliseconds(500))
            let second = try await client.receive(upTo: 10)
            #expect(second.map(\.body) == ["order"])
            #expect(first != second)
        }
    }

    @Test func whenSendingFailsItsCircuitOpensAndTheQueueIsLeftInPeace() async throws {
        try await run { client in
            await queue.set(.failing, of: .send)
            await failToSend(client, times: 3)
            for _ in 0..<10 {
                let error = await #expect(throws: CircuitBreakerError.self) { try await client.send("order") }
                #expect(error?.service == "orders/send")
            }
            #expect(await queue.attempts[.send] == 3)
        }
    }

    @Test func receivingGoesOnWhileSendingIsRejected() async throws {
        try await run { client in
            try await client.send("order")
            await queue.set(.failing, of: .send)
            await failToSend(client, times: 3)
            #expect(try await client.receive(upTo: 1).map(\.body) == ["order"])
        }
    }

    @Test func methodsOfAQueueMayShareACircuit() async throws {
        try await run(.perQueue) { client in
            await queue.set(.failing, of: .send)
            await failToSend(client, times: 3)
            let error = await #expect(throws: CircuitBreakerError.self) { _ = try await client.receive(upTo: 1) }
            #expect(error?.service == "orders")
        }
    }

    @Test func aQueueThatHangsOpensTheCircuitToo() async throws {
        try await run { client in
            await queue.set(.hanging, of: .receive)
            for _ in 0..<3 {
                let call = Task { try await client.receive(upTo: 1) }
                // The limit of the call, and the queue that hangs.
                await clock.waitForSleepers(2)
                clock.advance(by: .seconds(1))
                await #expect(throws: TimeLimitExceeded(after: .seconds(1))) { _ = try await call.value }
            }
            await #expect(throws: CircuitBreakerError.self) { _ = try await client.receive(upTo: 1) }
        }
    }

    @Test func whenTheQueueIsBackAProbeClosesTheCircuit() async throws {
        try await run { client in
            await queue.set(.failing, of: .send)
            await failToSend(client, times: 3)
            await queue.set(nil, of: .send)
            clock.advance(by: Application.openTime)
            try await client.send("order")
            #expect(try await CircuitBreakerServer.state(of: client.circuit(of: .send)).state == .closed)
        }
    }

    @Test func aWrongReceiptIsNoFailureOfTheQueue() async throws {
        try await run { client in
            for number in 0..<10 {
                await #expect(throws: QueueError.unknownReceipt) {
                    try await client.acknowledge(.init(number: number))
                }
            }
            let circuit = try await CircuitBreakerServer.state(of: "orders/acknowledge")
            #expect(circuit.state == .closed)
        }
    }
}
