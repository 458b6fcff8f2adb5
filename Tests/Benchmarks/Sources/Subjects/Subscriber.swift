public import Supervision
import Synchronization

/// Counts without a lock, and wakes the waiting task at the last.
public final class CountedArrivals: Sendable {
    private let missing = Atomic(0)
    private let done = Mutex(Arrivals())

    public init() {}

    public func expect(_ count: Int) -> Arrivals {
        missing.store(count, ordering: .releasing)
        let arrivals = Arrivals(1)
        done.withLock { $0 = arrivals }
        return arrivals
    }

    public func arrive() {
        guard missing.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
        done.withLock { $0 }.arrive()
    }
}

/// One of many under one key.
public actor Subscriber: GenServer {
    public typealias Message = Int
    private let registry: Registry<Int, Void>
    private let arrivals: CountedArrivals

    public init(_ registry: Registry<Int, Void>, _ arrivals: CountedArrivals) {
        (self.registry, self.arrivals) = (registry, arrivals)
    }

    public func started(_ context: ServerContext<Subscriber>) throws { try registry.register(1, for: context) }

    public func handle(_ message: Int, _ context: ServerContext<Subscriber>) { arrivals.arrive() }
}
