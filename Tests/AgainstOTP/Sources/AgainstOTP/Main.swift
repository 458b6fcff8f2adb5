import Foundation

/// Compares this project's supervisor with Erlang/OTP's: see README.md.
@main
struct Main {
    static func main() throws {
        let arguments = try Arguments(CommandLine.arguments.dropFirst())
        let erlang = try ErlangPlayer(modules: arguments.modules)
        defer { erlang.end() }
        var comparison = Comparison(erlang: erlang)
        var differences: [Difference] = []
        if let file = arguments.file {
            let scenarios = try Scenario.all(in: String(contentsOfFile: file, encoding: .utf8))
            differences = try comparison.compare(scenarios)
        } else {
            var generator = ScenarioGenerator(seed: arguments.seed)
            while comparison.coverage.scenarios < arguments.count, differences.count < arguments.shown {
                let count = min(250, arguments.count - comparison.coverage.scenarios)
                differences += try comparison.compare((0..<count).map { _ in generator.next() })
            }
        }
        for difference in differences.prefix(arguments.shown) {
            print(try smallest(difference, comparison).description, "\n")
        }
        print(comparison.coverage.description)
        print("Steps that differ, explained by:")
        for (rules, count) in comparison.explained.sorted(by: { $0.key < $1.key }) { print("  \(count)\t\(rules)") }
        print("Scenarios that differ, not explained: \(differences.count)")
        if !differences.isEmpty { exit(1) }
    }

    private static func smallest(_ difference: Difference, _ comparison: Comparison) throws -> Difference {
        // A copy, so that what is tried here counts nowhere.
        var tried = comparison
        let shrinking = Shrinking { try !tried.compare([$0]).isEmpty }
        let scenario = try shrinking.smallest(difference.scenario)
        return try tried.compare([scenario]).first ?? difference
    }
}
