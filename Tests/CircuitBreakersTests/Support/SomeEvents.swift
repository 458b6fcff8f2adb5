import Dispatch
import Supervision
import Synchronization

@testable import CircuitBreakers

extension CircuitEvent {
    /// An event that can be told from others by its number.
    static func numbered(_ number: Int, of service: ServiceName = "api") -> CircuitEvent {
        let time = RuntimeInstant(nanoseconds: Int64(number))
        return CircuitEvent(service: service, time: time, kind: .late(count: number))
    }

    /// Its number; nil for another event.
    var number: Int? {
        if case .late(let number) = kind { number } else { nil }
    }

    /// How many events it says are lost; nil for another event.
    var lost: Int? {
        if case .eventsLost(let count) = kind { count } else { nil }
    }
}

/// A sink that holds on to the first event it is told of until it is opened.
final class BlockingSink: EventSink {
    private let gate = DispatchSemaphore(value: 0)
    private let isOpen = Mutex(false)
    private let seen = Mutex<[CircuitEvent]>([])
    private let (held, holds) = AsyncStream.makeStream(of: Void.self)

    var events: [CircuitEvent] { seen.withLock { $0 } }

    func receive(_ event: any RuntimeEvent, at time: RuntimeInstant) {
        if !isOpen.withLock({ $0 }) {
            holds.yield()
            gate.wait()
        }
        guard let event = event as? CircuitEvent else { return }
        seen.withLock { $0.append(event) }
    }

    /// Waits until it is holding an event.
    func waitUntilHeld() async {
        for await _ in held { return }
    }

    func open() {
        isOpen.withLock { $0 = true }
        gate.signal()
    }
}

/// Runs tasks on a thread of its own, so that a sink that blocks takes none from the tests.
final class ThreadExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "one thread")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
