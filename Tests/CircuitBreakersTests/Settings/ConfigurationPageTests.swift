import Foundation
import Supervision
import Testing

@testable import CircuitBreakers

@Suite("The page about configuration")
struct ConfigurationPageTests {
    private static let page: String = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
        let page = root.appending(path: "Documentation/Configuration.md")
        return (try? String(contentsOf: page, encoding: .utf8)) ?? ""
    }()

    @Test("B24 every key has a row, and every row is a key")
    func rows() {
        let rows = Self.page.split(separator: "\n").compactMap { line -> String? in
            guard line.hasPrefix("| `"), !line.contains("CIRCUIT_BREAKERS") else { return nil }
            return line.dropFirst(3).split(separator: "`").first.map(String.init)
        }
        let keys = CircuitSettings.keys.map(\.path) + CircuitBreakerConfiguration.Profile.names
        let profiles = CircuitBreakerConfiguration.builtInProfiles.keys
        #expect(rows.sorted() == (keys + ["profile", "profiles"] + profiles).sorted())
    }

    @Test("K02 B24 its examples are configurations that can be used, and one is the Elixir breaker's (E08)")
    func examples() throws {
        let blocks = Self.page.components(separatedBy: "```json\n").dropFirst().compactMap { part in
            part.components(separatedBy: "```").first
        }
        #expect(blocks.count == 2)
        let configuration = try decode(CircuitBreakerConfiguration.self, try #require(blocks.first))
        let resolved = try configuration.resolved()
        #expect(resolved.policies["queue"]?.halfOpen.decision == .successes(2))
        #expect(resolved.policies["user-api"]?.slowCalls?.duration == .seconds(2))
        _ = try configuration.resolved(environment: ["CIRCUIT_BREAKERS_PROFILE": "staging"])
        let elixir = try decode(CircuitSettings.self, try #require(blocks.last)).applied(to: .init())
        #expect(elixir.trip.text == "consecutiveFailures(5)")
        #expect(elixir.halfOpen.probeTimeout == .milliseconds(60_000))
        #expect(elixir.openDuration.base == .milliseconds(10_000))
    }
}
