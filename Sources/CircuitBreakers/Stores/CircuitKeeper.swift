internal import Supervision
internal import Synchronization

/// Brings the changes of circuits to a store, one after another, while calls go on. Of a circuit that changes faster
/// than the store can follow, only the latest state is brought.
final class CircuitKeeper: Sendable {
    private struct Change {
        /// What is to be kept; nil when there is nothing to keep any more.
        let stored: StoredCircuit?
        let circuit: ObjectIdentifier
        let generation: UInt64
        let time: RuntimeInstant
    }

    private struct State {
        var changes: [ServiceName: Change] = [:]
        var isWorking = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let store: any CircuitStore
    private let state = Mutex(State())
    private let runtime: Runtime
    private let trouble: @Sendable (String) -> Void

    /// - Parameter trouble: is told when the store throws.
    init(_ store: any CircuitStore, runtime: Runtime, trouble: @escaping @Sendable (String) -> Void) {
        self.store = store
        self.runtime = runtime
        self.trouble = trouble
    }

    /// Has the circuit brought to the store as it is now. One that has been retired was brought before.
    func keep(_ circuit: Circuit) {
        guard let (stored, generation) = circuit.kept() else { return }
        add(circuit, stored, generation: generation)
    }

    /// Has the circuit, which was removed, forgotten.
    func forget(_ circuit: Circuit) {
        add(circuit, nil, generation: .max)
    }

    private func add(_ circuit: Circuit, _ stored: StoredCircuit?, generation: UInt64) {
        let id = ObjectIdentifier(circuit)
        let change = Change(stored: stored, circuit: id, generation: generation, time: runtime.now)
        let starts = state.withLock { state in
            // Those who changed the circuit may come here in another order than they changed it in.
            if let former = state.changes[circuit.service], former.circuit == id, former.generation > generation {
                return false
            }
            state.changes[circuit.service] = change
            defer { state.isWorking = true }
            return !state.isWorking
        }
        guard starts else { return }
        // Unstructured, since no call waits for a store. It ends as soon as nothing is left to bring.
        _ = runtime.spawn { await self.work() }
    }

    private func work() async {
        while let (service, change) = next() {
            do {
                if var stored = change.stored {
                    let waited = change.time.duration(to: runtime.now)
                    stored.remaining = stored.remaining.map { max(.zero, $0 - waited) }
                    try await store.save(stored)
                } else {
                    try await store.remove(service)
                }
            } catch {
                trouble("'\(service)' could not be kept: \(type(of: error))")
            }
        }
    }

    private func next() -> (ServiceName, Change)? {
        let (change, waiters) = state.withLock {
            state -> ((ServiceName, Change)?, [CheckedContinuation<Void, Never>]) in
            // By name, so that the order is the same in every process.
            if let service = state.changes.keys.min(by: { $0.rawValue < $1.rawValue }) {
                return (state.changes.removeValue(forKey: service).map { (service, $0) }, [])
            }
            state.isWorking = false
            defer { state.waiters = [] }
            return (nil, state.waiters)
        }
        for waiter in waiters { waiter.resume() }
        return change
    }

    /// Suspends until the store has been told of all changes so far.
    func flush() async {
        await withCheckedContinuation { waiter in
            let waits = state.withLock { state in
                if state.isWorking { state.waiters.append(waiter) }
                return state.isWorking
            }
            if !waits { waiter.resume() }
        }
    }
}
