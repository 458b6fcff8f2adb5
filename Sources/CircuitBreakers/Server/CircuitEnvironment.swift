internal import Supervision
internal import Synchronization

/// What the circuits of one incarnation share, and are found in: their map, their runtime, their way to have messages
/// sent.
///
/// Circuits hold it and it holds them, until ``retire()`` lets them go, which their ``CircuitTable`` sees to at the
/// latest when it is freed. A weak reference to the table would do too, but makes every use of the table slower, and
/// each call uses it.
final class CircuitEnvironment: Sendable {
    private struct Circuits {
        var circuits = CircuitMap()
        var isRetired = false
    }

    private struct Surroundings {
        var runtime: Runtime
        var context: ServerContext<CircuitBreakerServer>?
        var isWellKnown = false
    }

    private let circuits = Mutex(Circuits())
    private let surroundings: Mutex<Surroundings>

    init(runtime: Runtime) {
        surroundings = Mutex(Surroundings(runtime: runtime))
    }

    var runtime: Runtime { surroundings.withLock(\.runtime) }

    /// Nil when no supervisor runs the server: then there are no timers, and open times end when a call comes (B11).
    var context: ServerContext<CircuitBreakerServer>? { surroundings.withLock(\.context) }

    func drawRandom(in range: ClosedRange<Double>) -> Double {
        runtime.random(in: range)
    }
}

// MARK: - Life

extension CircuitEnvironment {
    var isRetired: Bool { circuits.withLock(\.isRetired) }

    /// Begins an incarnation.
    func attach(to context: ServerContext<CircuitBreakerServer>, isWellKnown: Bool) {
        surroundings.withLock { surroundings in
            surroundings.runtime = context.runtime
            surroundings.context = context
            surroundings.isWellKnown = isWellKnown
        }
        circuits.withLock { $0.isRetired = false }
    }

    /// Ends the incarnation: lets no call through any more, cancels the timers (B28), and what calls in flight report
    /// is late.
    func retire() {
        let retired = circuits.withLock { circuits in
            defer { circuits.circuits = CircuitMap() }
            circuits.isRetired = true
            return circuits.circuits
        }
        for circuit in retired.circuits { circuit.retire() }
        // The context is returned, so that what it owns is freed outside the lock.
        _ = surroundings.withLock { surroundings in
            defer { surroundings.context = nil }
            return surroundings.context
        }
    }
}

// MARK: - Circuits

extension CircuitEnvironment {
    var services: [ServiceName] { allCircuits.map(\.service) }

    var allCircuits: [Circuit] { circuits.withLock { $0.circuits.circuits } }

    func circuit(of service: ServiceName) -> Circuit? {
        circuits.withLock { $0.circuits[service] }
    }

    /// The circuit of a service, made with `policy` if there is none. Nil after ``retire()``.
    func circuit(of service: ServiceName, orMakeWith policy: CircuitPolicy) -> Circuit? {
        circuits.withLock { circuits in
            if circuits.isRetired { return nil }
            if let circuit = circuits.circuits[service] { return circuit }
            let circuit = Circuit(service, policy: policy, environment: self)
            circuits.circuits.insert(circuit)
            return circuit
        }
    }

    func remove(_ service: ServiceName) {
        circuits.withLock { $0.circuits.remove(service) }?.retire(isRemoval: true)
    }

    /// A report came to a circuit that has been retired. It counts as late where the service's calls go now (B4): in
    /// the same server, when only the circuit was removed, or in its next incarnation. Harmless when there is none.
    func reportLate(_ service: ServiceName) {
        if !isRetired {
            circuit(of: service)?.addLate()
            return
        }
        let (runtime, isWellKnown) = surroundings.withLock { ($0.runtime, $0.isWellKnown) }
        if isWellKnown { CircuitTable.wellKnown(in: runtime)?.addLate(service) }
    }
}
