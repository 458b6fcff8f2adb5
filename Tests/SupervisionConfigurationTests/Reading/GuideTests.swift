#if Configuration
import CircuitBreakers
import Foundation
import Logging
import Supervision
import SupervisionConfiguration
import Testing

@Suite("The guide to settings from files")
struct GuideTests {
    private static let guide: String = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
        let page = root.appending(path: "Documentation/SwiftConfiguration.md")
        return (try? String(contentsOf: page, encoding: .utf8)) ?? ""
    }()

    private static func block(_ language: String) -> String {
        let parts = guide.components(separatedBy: "```\(language)\n")
        return parts.count > 1 ? parts[1].components(separatedBy: "```")[0] : ""
    }

    @Test("B24 its file can be used, and says what the guide says")
    func example() throws {
        let settings = try settings(Self.block("yaml")).current
        #expect(settings.circuits.profile == "production")
        #expect(settings.circuits.policies["pgmq"]?.text == "consecutiveFailures(3), 15 s, successes(2)")
        #expect(settings.circuits.policies["user-api"]?.dependsOn == ["pgmq"])
        #expect(settings.intensity(of: "app") == RestartIntensity(10, within: .seconds(60)))
        #expect(settings.shutdown(of: "users") == .timeout(.seconds(30)))
        #expect(settings.logLevel == .info)
    }

    @Test("B24 its variables mean something")
    func variables() throws {
        let text = "circuit_breakers: {component_configs: {user-api: }}"
        let environment = [
            "CIRCUIT_BREAKERS_COMPONENT_CONFIGS_USER_API_FAILURE_THRESHOLD": "2", "SUPERVISORS_APP_MAX_RESTARTS": "3",
            "LOG_LEVEL": "info",
        ]
        for name in environment.keys { #expect(Self.guide.contains(name)) }
        _ = try settings(text, environment)
    }
}
#endif
