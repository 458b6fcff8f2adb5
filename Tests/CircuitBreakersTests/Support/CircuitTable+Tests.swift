import Supervision

@testable import CircuitBreakers

extension CircuitTable {
    /// One that no server has.
    static func forTests() -> CircuitTable {
        CircuitTable(
            rules: .init(policy: CircuitPolicy(), policies: [:], maxCircuits: 1, autoCreate: true),
            runtime: Runtime(events: SilentSink())
        )
    }
}
