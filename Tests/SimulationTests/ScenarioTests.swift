import SupervisionTesting
import Testing

@Suite("The library in a simulation")
struct ScenarioTests {
    @Test("Each scenario does right in whatever order things happen", arguments: Scenario.all)
    func scenario(_ scenario: Scenario) throws {
        try Simulation.explore(seeds: 0..<100, faults: scenario.faults, scenario.play)
    }
}

extension Scenario: CustomTestStringConvertible {
    var testDescription: String { "\(name): \(rules)" }
}
