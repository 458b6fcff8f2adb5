#if Configuration
import CircuitBreakers
import Configuration
import Supervision
import SupervisionConfiguration
import Testing

@Suite("Mistakes in settings")
struct MistakeTests {
    struct Mistake: Sendable, CustomStringConvertible {
        var text: String
        var environment: [String: String] = [:]
        /// How the error begins.
        var error: String

        var description: String { error }
    }

    static let mistakes = [
        Mistake(
            text: "circuit_breakers: {default_config: {failure_threshold: 0}}",
            error: "config.yaml: circuit_breakers.default_config.failure_threshold is 0, allowed is 1 or more; "
        ),
        Mistake(
            text: "circuit_breakers: {component_configs: {pgmq: {failure_threshold: many}}}",
            error: """
                config.yaml: circuit_breakers.component_configs.pgmq.failure_threshold is "many", allowed is a whole \
                number; 
                """
        ),
        Mistake(
            text: "circuit_breakers: {default_config: {timeout_seconds: 0}}",
            error: "config.yaml: circuit_breakers.default_config.timeout_seconds is 0 s, allowed is over 0 s; "
        ),
        Mistake(
            text: "circuit_breakers: {default_config: {trip: {failure_rate: {rate: 1.5, calls: 10}}}}",
            error: """
                config.yaml: circuit_breakers.default_config.trip.failure_rate.rate is 1.5, allowed is over 0, up to 1; 
                """
        ),
        Mistake(
            text: "circuit_breakers: {default_config: {trip: {failure_rate: {calls: 10}}}}",
            error: """
                config.yaml: circuit_breakers.default_config.trip.failure_rate.rate is missing, allowed is over 0, up \
                to 1; 
                """
        ),
        Mistake(
            text: "circuit_breakers: {default_config: {failure_treshold: 3}}",
            error: """
                config.yaml: circuit_breakers.default_config.failure_treshold is unknown, allowed is \
                circuit_breakers.default_config with one of attempt_decay, cancellation, 
                """
        ),
        Mistake(
            text: "circuit_breakers: {global_setings: {max_circuit_breakers: 5}}",
            error: """
                config.yaml: circuit_breakers.global_setings.max_circuit_breakers is unknown, allowed is \
                circuit_breakers with one of default_config, enabled, global_settings, profile, profiles; 
                """
        ),
        Mistake(
            text: "circuit_breakers: {profiles: {production: {default_confg: {}, enable: no}}}",
            error: "config.yaml: circuit_breakers.profiles.production.enable is unknown, allowed is "
        ),
        Mistake(
            text: "circuit_breakers: {default_config: 5}",
            error: """
                config.yaml: circuit_breakers.default_config is a value, allowed is a section with attempt_decay, 
                """
        ),
        Mistake(
            text: "circuit_breakers: {component_configs: pgmq}",
            error: """
                config.yaml: circuit_breakers.component_configs is a value, allowed is a section with one key for each \
                name; 
                """
        ),
        Mistake(
            text: "circuit_breakers: yes",
            error: "config.yaml: circuit_breakers is a value, allowed is a section with default_config, "
        ),
        Mistake(
            text: "circuit_breakers: {default_config: {failure_threshold: }}",
            error: #"config.yaml: circuit_breakers.default_config.failure_threshold is "", allowed is a whole number; "#
        ),
        Mistake(
            text: "circuit_breakers: {default_config: {failure_threshold: 3, trip: {consecutive_failures: 3}}}",
            error: """
                config.yaml: circuit_breakers.default_config.trip.consecutive_failures is there beside \
                circuit_breakers.default_config.failure_threshold, allowed is one of the two; 
                """
        ),
        Mistake(
            text:
                "circuit_breakers: {default_config: {failure_threshold: 3, trip: {failures: {count: 3, within: 1s}}}}",
            error: """
                config.yaml: circuit_breakers.default_config.trip.failures.count is there beside \
                circuit_breakers.default_config.failure_threshold, allowed is one of the two; 
                """
        ),
        Mistake(
            text: "circuit_breakers: {global_settings: {max_circuit_breakers: 0}}",
            error: "config.yaml: circuit_breakers.global_settings.max_circuit_breakers is 0, allowed is 1 to 1000000; "
        ),
        Mistake(
            text: "circuit_breakers: {global_settings: {metrics_collection_interval_seconds: -1}}",
            error: """
                config.yaml: circuit_breakers.global_settings.metrics_collection_interval_seconds is -1 s, allowed is \
                over 0 s, or off; 
                """
        ),
        Mistake(
            text: "circuit_breakers: {component_configs: {a: {depends_on: [b]}, b: {depends_on: [a]}}}",
            error: "config.yaml: circuit_breakers.component_configs.a.depends_on is 'a' -> 'b' -> 'a', allowed is "
        ),
        Mistake(
            text: "circuit_breakers: {profile: stagin}",
            error: """
                config.yaml: circuit_breakers.profile is "stagin", allowed is one of development, production, testing; 
                """
        ),
        Mistake(
            text: "circuit_breakers: {}",
            environment: ["CIRCUIT_BREAKERS_DEFAULT_CONFIG_FAILURE_THRESHOLD": "0"],
            error: "environment: CIRCUIT_BREAKERS_DEFAULT_CONFIG_FAILURE_THRESHOLD is 0, allowed is 1 or more; "
        ),
        Mistake(
            text: "circuit_breakers: {component_configs: {pgmq: }}",
            environment: ["CIRCUIT_BREAKERS_COMPONENT_CONFIGS_PGQM_FAILURE_THRESHOLD": "3"],
            error: """
                environment: CIRCUIT_BREAKERS_COMPONENT_CONFIGS_PGQM_FAILURE_THRESHOLD is unknown, allowed is \
                CIRCUIT_BREAKERS_COMPONENT_CONFIGS with one of PGMQ_
                """
        ),
        Mistake(
            text: "circuit_breakers: {component_configs: {user-api: , user.api: }}",
            environment: ["CIRCUIT_BREAKERS_COMPONENT_CONFIGS_USER_API_FAILURE_THRESHOLD": "3"],
            error: """
                environment: CIRCUIT_BREAKERS_COMPONENT_CONFIGS_USER_API_FAILURE_THRESHOLD is ambiguous, allowed is a \
                name that means one of circuit_breakers.component_configs.user-api.failure_threshold, 
                """
        ),
        Mistake(
            text: "supervisors: {app: {max_restarts: -1}}",
            error: "config.yaml: supervisors.app.max_restarts is -1, allowed is 0 or more; "
        ),
        Mistake(
            text: "supervisors: {app: {restart_window_seconds: 0}}",
            error: "config.yaml: supervisors.app.restart_window_seconds is 0 s, allowed is over 0 s; "
        ),
        Mistake(
            text: "supervisors: {app: {max_restart: 1}}",
            error: """
                config.yaml: supervisors.app.max_restart is unknown, allowed is supervisors.app with one of \
                max_restarts, restart_window_seconds; 
                """
        ),
        Mistake(
            text: "supervisors: {app: {children: {http: {shutdown_seconds: -5}}}}",
            error: "config.yaml: supervisors.app.children.http.shutdown_seconds is \"-5\", allowed is a number of "
        ),
        Mistake(
            text: "log: {level: loud}",
            error: "config.yaml: log.level is \"loud\", allowed is one of trace, debug, info, "
        ),
    ]

    @Test("B24 G1 an error names the file, the key, the value and what is allowed", arguments: mistakes)
    func mistake(_ mistake: Mistake) throws {
        let error = #expect(throws: InvalidSetting.self) { try settings(mistake.text, mistake.environment) }
        let text = try #require(error).description
        #expect(text.hasPrefix(mistake.error), "\(text)")
    }

    @Test("B24 of several files the one to blame is named, also where only their sum cannot be")
    func files() throws {
        let base = try TestFile(
            "circuit_breakers: {default_config: {trip: {failure_rate: {rate: 0.5, calls: 20}}}}",
            as: "base.yaml"
        )
        let profile = try TestFile(
            "circuit_breakers: {default_config: {trip: {failure_rate: {minimum_calls: 30}}}}",
            as: "production.yaml"
        )
        let error = #expect(throws: InvalidSetting.self) { try LiveSettings(providers: [profile, base]) }
        #expect(error?.source == "production.yaml")
        #expect(error?.key == "circuit_breakers.default_config.trip.failure_rate.minimum_calls")
        #expect(error?.value == "30")
        #expect(error?.allowed == "1 to 20")
    }

    @Test("B24 JSON's true is no number, and its 1 is not true")
    func strictJSON() throws {
        for (text, error) in [
            (
                #"{"circuit_breakers": {"default_config": {"failure_threshold": true}}}"#,
                "config.json: circuit_breakers.default_config.failure_threshold is true, allowed is a whole number; "
            ),
            (
                #"{"circuit_breakers": {"enabled": 1}}"#,
                "config.json: circuit_breakers.enabled is 1, allowed is true or false; "
            ),
        ] {
            let file = try TestFile(text, as: "config.json", JSONSnapshot.self)
            let invalid = #expect(throws: InvalidSetting.self) { try LiveSettings(providers: [file]) }
            #expect(invalid?.description.hasPrefix(error) == true, "\(String(describing: invalid))")
        }
    }

    @Test("B24 what a provider calls a secret is in no error")
    func secrets() throws {
        let memory = InMemoryProvider(
            values: ["circuit_breakers.default_config.failure_threshold": .init("hush", isSecret: true)]
        )
        let error = #expect(throws: InvalidSetting.self) { try LiveSettings(providers: [memory]) }
        #expect(error?.description.contains("hush") == false)
        #expect(error?.value == "<secret>")
    }

    @Test("B24 no provider is no source of settings")
    func noProvider() {
        #expect(throws: InvalidSetting.self) { try LiveSettings(providers: []) }
    }
}
#endif
