import CircuitBreakers
import Supervision

/// Shows what happens to the tree when its queue fails and recovers, and checks that no order is lost.
struct Tour {
    struct LostOrders: Error, CustomStringConvertible {
        let taken: Int
        let done: Int

        var description: String { "\(taken) orders were taken, but \(done) dealt with" }
    }

    let queue: InMemoryQueue
    let journal: Journal

    private let send: ServiceName = "orders/send"
    private let receive: ServiceName = "orders/receive"

    func run() async throws {
        journal.say("1. The queue works: orders go in at one end and come out at the other.")
        try await take(1...5)
        try await journal.wait { $0.done == 5 }
        journal.say("   5 orders taken, 5 dealt with")

        journal.say("2. Sending fails. After three failures its circuit opens, and the outbox keeps its orders.")
        await queue.set(.failing, of: .send)
        try await take(6...15)
        try await journal.wait { [send] in $0.circuits[send] == .open }
        try await journal.wait { $0.refusals >= 5 }
        try await tell()
        journal.say(
            "   the queue is left in peace: it has seen \(await queue.attempts[.send] ?? 0) calls to send so far"
        )

        journal.say("3. Sending works again. The next probe finds out, and the outbox catches up.")
        await queue.set(nil, of: .send)
        try await journal.wait { [send] in $0.circuits[send] == .closed }
        try await journal.wait { $0.done == 15 }
        journal.say("   15 orders taken, 15 dealt with")

        journal.say("4. The whole queue hangs. Calls are given up at their time limit, which is a failure too.")
        await queue.set(.hanging, of: .send, .receive, .acknowledge)
        try await take(16...20)
        try await journal.wait { [send, receive] in $0.circuits[send] == .open || $0.circuits[receive] == .open }
        try await tell()

        journal.say("5. The queue recovers, and all orders arrive.")
        await queue.set(nil, of: .send, .receive, .acknowledge)
        do {
            try await journal.wait { $0.done == 20 }
        } catch {
            throw LostOrders(taken: 20, done: journal.done)
        }
        journal.say("   20 orders taken, 20 dealt with. That was the tour.")
    }

    private func take(_ numbers: ClosedRange<Int>) async throws {
        let outbox = ServerRef(.outbox)
        for number in numbers { try await outbox.call { $0.take("order \(number)") } }
    }

    private func tell() async throws {
        let count = try await ServerRef(.outbox).call { $0.count }
        for circuit in try await CircuitBreakerServer.states() {
            journal.say("   \(circuit.service): \(circuit.state), \(circuit.counts.rejected) calls rejected")
        }
        journal.say("   orders in the outbox: \(count)")
    }
}
