import SupervisionTesting
import Testing

// One at a time and few, since each keeps one of the few threads that all other tests run on; `Tests/Simulations/run` runs
// very many.
@Suite("The library in a simulation", .serialized)
struct ScenarioTests {
    @Test("Each scenario does right in whatever order things happen", arguments: Scenario.all)
    func scenario(_ scenario: Scenario) throws {
        try Simulation.explore(seeds: 0..<20, faults: scenario.faults, scenario.play)
    }
}

extension Scenario: CustomTestStringConvertible {
    var testDescription: String { "\(name): \(rules)" }
}
