import Foundation

/// Compares this project's supervisor with Erlang/OTP's.
@main
struct Main {
    static func main() throws {
        let arguments = try Arguments(CommandLine.arguments.dropFirst())
        let erlang = try ErlangPlayer(modules: arguments.modules)
        defer { erlang.end() }
        var comparison = Comparison(erlang: erlang)
        var generator = ScenarioGenerator(seed: arguments.seed)
        var differences: [Difference] = []
        var left = arguments.count
        while left > 0, differences.count < arguments.shown {
            let scenarios = (0..<min(left, 250)).map { _ in generator.next() }
            differences += try comparison.compare(scenarios)
            left -= scenarios.count
        }
        for difference in differences.prefix(arguments.shown) { print(difference.description, "\n") }
        print(comparison.coverage.description)
        for (rule, count) in comparison.explained.sorted(by: { $0.key < $1.key }) {
            print("explained by \(rule): \(count)")
        }
        print("\(differences.count) differ")
        if !differences.isEmpty { exit(1) }
    }
}
