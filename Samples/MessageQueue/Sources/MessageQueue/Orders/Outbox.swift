import CircuitBreakers
import Supervision

/// Takes orders and sends them to the queue. What cannot be sent now it keeps, and sends later.
actor Outbox: GenServer {
    enum Message: Sendable { case flush }

    private let queue: any QueueClient
    private let period: Duration
    private var orders: [String] = []
    private var sent = 0

    init(queue: any QueueClient, period: Duration) {
        self.queue = queue
        self.period = period
    }

    /// How many orders are still to be sent.
    var count: Int { orders.count }

    func started(_ context: ServerContext<Outbox>) {
        context.send(.flush, every: period)
    }

    /// Takes an order. It is sent with the next flush.
    func take(_ order: String) {
        orders.append(order)
    }

    func handle(_ message: Message, _ context: ServerContext<Outbox>) async {
        while let order = orders.first {
            do {
                try await queue.send(order)
                orders.removeFirst()
                sent += 1
                context.runtime.emit(OrderEvent.sent(sent))
            } catch {
                // The others would fare no better now. They keep their order.
                return context.runtime.emit(OrderEvent.kept(orders.count, error))
            }
        }
    }
}
