import CircuitBreakers
import Supervision

/// Takes orders out of the queue and deals with each once, however often the queue gives it out.
actor Consumer: GenServer {
    enum Message: Sendable { case poll }

    private let queue: any QueueClient
    private let period: Duration
    private var done: Set<String> = []

    init(queue: any QueueClient, period: Duration) {
        self.queue = queue
        self.period = period
    }

    func started(_ context: ServerContext<Consumer>) {
        context.send(.poll, every: period)
    }

    func handle(_ message: Message, _ context: ServerContext<Consumer>) async {
        do {
            for order in try await queue.receive(upTo: 10) {
                // One that could not be acknowledged comes again.
                if done.insert(order.body).inserted { context.runtime.emit(OrderEvent.done(done.count)) }
                try await queue.acknowledge(order.receipt)
            }
        } catch {
            context.runtime.emit(OrderEvent.notReceived(error))
        }
    }
}
