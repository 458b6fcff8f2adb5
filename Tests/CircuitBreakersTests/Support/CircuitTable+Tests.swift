import Supervision

@testable import CircuitBreakers

extension CircuitTable {
    /// One that no server has.
    static func forTests(in runtime: Runtime = Runtime(events: SilentSink())) -> CircuitTable {
        CircuitTable(
            rules: .init(policy: CircuitPolicy(), policies: [:], maxCircuits: 1, autoCreate: true),
            runtime: runtime
        )
    }
}
