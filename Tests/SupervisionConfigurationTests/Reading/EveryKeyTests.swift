#if Configuration
import Configuration
import Logging
import Supervision
import SupervisionConfiguration
import Testing

@testable import CircuitBreakers
@testable import SupervisionConfiguration

@Suite("Every key has a place in a file")
struct EveryKeyTests {
    /// What every key of a circuit can be read from; a value that one of them cannot be is passed over.
    private static let words = ["1", "0.5", "true", "30s", "closed", "failure", "openUntilReset"]

    static let names = CircuitSettings.keys.map(\.path)

    private static func expected(_ name: String) throws -> (word: String, settings: CircuitSettings) {
        let key = try #require(CircuitSettings.keys.first { $0.path == name })
        for word in words {
            var settings = CircuitSettings()
            if (try? key.read(.word(word), into: &settings)) != nil { return (word, settings) }
        }
        throw Broken()
    }

    private static func reading(_ provider: any ConfigProvider) throws -> CircuitBreakerConfiguration.Profile {
        var reader = SnapshotReader(provider.snapshot())
        let layer = try CircuitLayer(&reader, services: ["pgmq"], profiles: ["staging"])
        try reader.checkUnknown(in: ["circuit_breakers"])
        return try #require(layer.layers(of: "staging").last { $0.values != .init() }).values
    }

    @Test("B24 each key of a circuit is read under each of its names, everywhere (B16)", arguments: names)
    func circuits(_ name: String) throws {
        let key = try #require(CircuitSettings.keys.first { $0.path == name })
        let (word, settings) = try Self.expected(name)
        for place in [SettingPlace.defaults, .service("pgmq")] {
            for spelling in CircuitKeys.spellings(of: key, in: place) {
                for section in [["circuit_breakers"], ["circuit_breakers", "profiles", "staging"]] {
                    let path = section + spelling
                    let variable = path.joined(separator: "_").uppercased()
                    for provider in [
                        try TestFile(Self.nested(path, word)) as any ConfigProvider,
                        SettingsProvider.environment([variable: word]),
                    ] {
                        let values = try Self.reading(provider)
                        let read = place == .defaults ? values.defaults : values.services["pgmq"]
                        #expect(read == settings, "\(path) from \(provider)")
                    }
                }
            }
        }
    }

    private static func nested(_ path: [String], _ word: String) -> String {
        path.reversed().reduce(word) { "{\($1): \($0)}" }
    }

    @Test("B24 each key of a server is read (B09, B10, B11, B12)")
    func server() throws {
        var expected = CircuitBreakerConfiguration.Profile()
        expected.enabled = true
        expected.maxCircuits = 7
        expected.autoCreate = false
        expected.metricsInterval = .off
        let text = """
            circuit_breakers:
              enabled: yes
              global_settings: {max_circuit_breakers: 7, auto_create_enabled: no,
                                metrics_collection_interval_seconds: off}
            """
        #expect(try Self.reading(TestFile(text)) == expected)
        #expect(CircuitBreakerConfiguration.Profile.keys.count == 4)
    }

    @Test("R30 R51 limits of supervisors and shutdown times are read, from files and variables")
    func supervisors() throws {
        let text = """
            supervisors:
              app:
                max_restarts: 10
                restart_window_seconds: 60
                children:
                  http: {shutdown_seconds: 30}
                  pool: {shutdown_seconds: infinity}
                  cache: {shutdown_seconds: brutal_kill}
                  queue: {shutdown_seconds: 500ms}
              workers: {max_restarts: 0}
            """
        let environment = [
            "SUPERVISORS_APP_MAX_RESTARTS": "11", "SUPERVISORS_APP_CHILDREN_HTTP_SHUTDOWN_SECONDS": "31",
        ]
        let settings = try settings(text, environment).current
        #expect(settings.intensity(of: "app") == RestartIntensity(11, within: .seconds(60)))
        #expect(settings.intensity(of: "workers") == RestartIntensity(0, within: .seconds(5)))
        let base = RestartIntensity(2, within: .seconds(9))
        #expect(settings.intensity(of: "other", over: base) == base)
        #expect(settings.shutdown(of: "http") == .timeout(.seconds(31)))
        #expect(settings.shutdown(of: "pool") == .infinity)
        #expect(settings.shutdown(of: "cache") == .brutalKill)
        #expect(settings.shutdown(of: "queue") == .timeout(.milliseconds(500)))
        #expect(settings.shutdown(of: "other") == nil)
    }

    @Test("B24 the log level is read", arguments: Logger.Level.allCases)
    func logLevel(_ level: Logger.Level) throws {
        #expect(try settings("log: {level: \(level)}").current.logLevel == level)
        #expect(try settings("log: {level: info}", ["LOG_LEVEL": "\(level)"]).current.logLevel == level)
        #expect(try settings("a: b").current.logLevel == nil)
    }
}
#endif
