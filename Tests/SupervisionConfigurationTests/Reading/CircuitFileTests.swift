#if Configuration
import CircuitBreakers
import Configuration
import Supervision
import SupervisionConfiguration
import Testing

@Suite("Circuits from a file")
struct CircuitFileTests {
    /// What the breakers of a system that orchestrates tasks look like.
    static let text = """
        circuit_breakers:
          enabled: true
          global_settings:
            max_circuit_breakers: 50
            metrics_collection_interval_seconds: 30
            auto_create_enabled: false
            min_state_transition_interval_seconds: 1
          default_config:
            failure_threshold: 5
            timeout_seconds: 30
            success_threshold: 2
          component_configs:
            database: {}
            pgmq:
              failure_threshold: 3
              timeout_seconds: 15
              success_threshold: 2
        """

    @Test(
        "B24 a file of circuit_breakers comes to a server's policies, each key of it (B10, B11, B12, B13, B14, B15, B16)"
    )
    func shape() throws {
        let circuits = try settings(Self.text).current.circuits
        #expect(circuits.maxCircuits == 50)
        #expect(circuits.metricsInterval == .seconds(30))
        #expect(circuits.autoCreate == false)
        #expect(circuits.policy.minTransitionInterval == .seconds(1))
        #expect(circuits.policy.text == "consecutiveFailures(5), 30 s, successes(2)")
        #expect(circuits.policies["database"]?.text == "consecutiveFailures(5), 30 s, successes(2)")
        #expect(circuits.policies["database"]?.minTransitionInterval == .seconds(1))
        #expect(circuits.policies["pgmq"]?.text == "consecutiveFailures(3), 15 s, successes(2)")
        #expect(circuits.policy.initialState == .closed)
    }

    @Test("B24 enabled: false lets all calls pass (B09)")
    func disabled() throws {
        let circuits = try settings("circuit_breakers: {enabled: no, component_configs: {pgmq: }}").current.circuits
        #expect(circuits.policy.initialState == .disabled)
        #expect(circuits.policies["pgmq"]?.initialState == .disabled)
    }

    @Test("B24 JSON says the same (B16)")
    func json() throws {
        let text = """
            {"circuit_breakers": {"enabled": true, "default_config": {"failure_threshold": 4, "timeout_seconds": 2.5},
             "component_configs": {"api": {"slow_calls": {"duration": "2s", "rate": 0.5, "enabled": true},
                                           "depends_on": ["db"],
                                           "open_duration": {"table": {"delays": [1, 2]}}}}}}
            """
        let file = try TestFile(text, as: "config.json", JSONSnapshot.self)
        let circuits = try LiveSettings(providers: [file]).current.circuits
        #expect(circuits.policy.text == "consecutiveFailures(4), 2.5 s, successes(1)")
        let api = try #require(circuits.policies["api"])
        #expect(api.slowCalls?.duration == .seconds(2))
        #expect(api.dependsOn == ["db"])
        #expect(api.openDuration.base == .seconds(1))
    }

    @Test("B24 without a word the standard policy holds")
    func nothing() throws {
        for text in ["other: {port: 1}", "circuit_breakers: ", "circuit_breakers: {component_configs: }"] {
            let circuits = try settings(text).current.circuits
            #expect(circuits.policies.isEmpty)
            #expect(circuits.maxCircuits == 1_000)
            #expect(circuits.policy.text == "consecutiveFailures(5), 60 s, successes(1)")
        }
    }

    @Test("B24 environment over profile over base, a component over all (B17)")
    func layers() throws {
        let base = """
            circuit_breakers:
              default_config: {failure_threshold: 9, timeout_seconds: 9, success_threshold: 9}
              component_configs: {pgmq: {failure_threshold: 8}}
            """
        let profile =
            "circuit_breakers: {default_config: {trip: {failure_rate: {rate: 0.5, calls: 10}}, timeout_seconds: 7}}"
        let circuits = try LiveSettings(
            providers: [
                SettingsProvider.environment([
                    "CIRCUIT_BREAKERS_DEFAULT_CONFIG_TIMEOUT_SECONDS": "6",
                    "CIRCUIT_BREAKERS_COMPONENT_CONFIGS_PGMQ_SUCCESS_THRESHOLD": "5",
                    "PATH": "/bin",
                ]),
                TestFile(profile, as: "production.yaml"), TestFile(base, as: "base.yaml"),
            ]
        ).current.circuits
        // One way to open replaces the other.
        #expect(circuits.policy.text == "failureRate(0.5, over: calls(10), minimumCalls: 10), 6 s, successes(9)")
        #expect(circuits.policies["pgmq"]?.text == "consecutiveFailures(8), 6 s, successes(5)")
    }

    @Test("B24 a profile within a file, built in or one's own (B17)")
    func profiles() throws {
        let text = """
            circuit_breakers:
              profile: staging
              default_config: {failure_threshold: 9}
              profiles:
                staging:
                  global_settings: {max_circuit_breakers: 7}
                  default_config: {timeout_seconds: 4}
                  component_configs: {pgmq: {failure_threshold: 2}}
            """
        let staging = try settings(text).current.circuits
        #expect(staging.profile == "staging")
        #expect(staging.maxCircuits == 7)
        #expect(staging.policy.text == "consecutiveFailures(9), 4 s, successes(1)")
        #expect(staging.policies["pgmq"]?.text == "consecutiveFailures(2), 4 s, successes(1)")
        let testing = try settings(text, ["CIRCUIT_BREAKERS_PROFILE": "testing"]).current.circuits
        #expect(testing.policy.text == "consecutiveFailures(9), 1 s, successes(1)")
        #expect(testing.maxCircuits == 1_000)
    }

    @Test("B24 the code's policies are what the settings are laid over, and name services for variables")
    func code() throws {
        let own = CircuitPolicy(trip: .consecutiveFailures(7))
        let environment = ["CIRCUIT_BREAKERS_COMPONENT_CONFIGS_USER_API_TIMEOUT_SECONDS": "500ms"]
        let live = try LiveSettings(
            providers: [SettingsProvider.environment(environment)],
            policies: ["user-api": own]
        )
        #expect(live.current.circuits.policies["user-api"]?.text == "consecutiveFailures(7), 0.5 s, successes(1)")
    }

    @Test("B24 keys of one's own are read from the same sources")
    func ownKeys() throws {
        let live = try settings("http: {port: 8080, host: here}", ["HTTP_PORT": "81"])
        #expect(live.reader.int(forKey: "http.port") == 81)
        #expect(live.reader.string(forKey: "http.host") == "here")
    }

    @Test("B24 another provider's values count for what is named elsewhere")
    func otherProvider() throws {
        let memory = InMemoryProvider(values: [
            "circuit_breakers.default_config.failure_threshold": 2,
            "circuit_breakers.component_configs.pgmq.timeout_seconds": 3,
            "circuit_breakers.component_configs.unseen.timeout_seconds": 3,
        ])
        let circuits = try LiveSettings(
            providers: [memory, TestFile("circuit_breakers: {component_configs: {pgmq: }}")]
        ).current.circuits
        #expect(circuits.policies.mapValues(\.text) == ["pgmq": "consecutiveFailures(2), 3 s, successes(1)"])
    }
}

extension CircuitPolicy {
    init(trip: Trip) {
        self.init()
        self.trip = trip
    }

    var text: String {
        let way = "\(trip)".replacing("CircuitBreakers.CircuitPolicy.Window.", with: "")
        let seconds = openDuration.base / .seconds(1)
        let time = seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
        return "\(way), \(time) s, \(halfOpen.decision)"
    }
}
#endif
