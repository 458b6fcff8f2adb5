import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Every key has an effect")
struct EffectTests {
    @Test("B24 every key of the settings has a proof of its effect below, and one that changes nothing else")
    func complete() throws {
        #expect(Effect.ofSettings.map(\.key).sorted() == CircuitSettings.keys.map(\.path).sorted())
        for effect in Effect.ofSettings {
            let (without, with) = (
                try decode(CircuitSettings.self, effect.without), try decode(CircuitSettings.self, effect.with)
            )
            let changed = CircuitSettings.keys.filter { $0.tree(of: without) != $0.tree(of: with) }
            #expect(changed.map(\.path) == [effect.key])
        }
    }

    @Test("B24 what a circuit does with the key and without (B10, B12, B13)", arguments: Effect.ofSettings)
    func effect(_ effect: Effect) async throws {
        for (text, outcome) in [(effect.without, effect.before), (effect.with, effect.after)] {
            let trial = try await Trial(decode(CircuitSettings.self, text))
            let result = try await trial.world.runtime.run { try await effect.trial(trial) }
            #expect(result == outcome, "\(effect.key) with \(text)")
        }
    }

    private static let ofServer = [
        Effect("profile", #"{"profile":"testing"}"#, "closed", "open", failTwice),
        Effect("defaults", #"{"defaults":{"trip":{"consecutiveFailures":2}}}"#, "closed", "open", failTwice),
        Effect("services", #"{"services":{"api":{"trip":{"consecutiveFailures":2}}}}"#, "closed", "open", failTwice),
        Effect(
            "profiles",
            #"{"profile":"testing"}"#,
            #"{"profile":"testing","profiles":{"testing":{"defaults":{"trip":{"consecutiveFailures":3}}}}}"#,
            "open",
            "closed",
            failTwice
        ),
        Effect("enabled", #"{"enabled":false}"#, "open", "disabled") {
            await $0.fail(5)
            return await $0.state()
        },
        Effect("maxCircuits", #"{"maxCircuits":1}"#, "done", "too many") { trial in
            let permit = try trial.breakers.permit("api")
            let result = await trial.result(of: "other")
            permit.ignore()
            return result
        },
        Effect("metricsInterval", #"{"metricsInterval":"30s"}"#, "0", "3", toldFigures),
        Effect(
            "autoCreate",
            #"{"services":{"api":{}}}"#,
            #"{"services":{"api":{}},"autoCreate":false}"#,
            "done, done",
            "done, unknown"
        ) {
            let (known, unknown) = (await $0.result(), await $0.result(of: "other"))
            return "\(known), \(unknown)"
        },
    ]

    @Test("K140 B24 B27 figures are told each 30 seconds: three times in 90 (B11)")
    func metricsInterval() async throws {
        for (interval, count) in [("30s", 3), ("off", 0)] {
            let text = #"{"metricsInterval":"\#(interval)"}"#
            let trial = try await Trial(decode(CircuitBreakerConfiguration.self, text))
            #expect(try await Self.toldFigures(trial) == "\(count)")
        }
    }

    private static func toldFigures(_ trial: Trial) async throws -> String {
        try await trial.supervised { server in
            for _ in 0..<3 {
                trial.wait(30)
                _ = try await server.states()
            }
        }
        let told = await trial.world.circuitEvents().count { event in
            if case .figures = event.kind { true } else { false }
        }
        return "\(told)"
    }

    private static func failTwice(_ trial: Trial) async -> String {
        await trial.fail(2)
        return await trial.state()
    }

    @Test("B24 every key of the server has a proof of its effect below")
    func completeServer() {
        let keys = CircuitBreakerConfiguration.Profile.names + ["profile", "profiles"]
        #expect(Self.ofServer.map(\.key).sorted() == keys.sorted())
    }

    @Test(
        "K138 B23 B24 what a server does with the key and without (B09, B10, B12, B14, B15, B17)",
        arguments: ofServer
    )
    func serverEffect(_ effect: Effect) async throws {
        for (text, outcome) in [(effect.without, effect.before), (effect.with, effect.after)] {
            let trial = try await Trial(decode(CircuitBreakerConfiguration.self, text))
            #expect(try await effect.trial(trial) == outcome, "\(effect.key) with \(text)")
        }
    }

    @Test("B24 a key of the environment has the effect that it has in a file (B17)")
    func environment() async throws {
        let configuration = CircuitBreakerConfiguration(services: ["api": .init()])
        let name = "CIRCUIT_BREAKERS_API_TRIP_CONSECUTIVE_FAILURES"
        let trial = try await Trial(configuration, [name: "2"])
        #expect(await Self.failTwice(trial) == "open")
    }

    @Test("B24 a least time between transitions of one second keeps a circuit from swinging faster than that (B13)")
    func noSwinging() async throws {
        let settings = try decode(
            CircuitSettings.self,
            #"{"trip":{"consecutiveFailures":1},"openDuration":"10ms","minTransitionInterval":"1s"}"#
        )
        let trial = try await Trial(settings)
        for _ in 0..<1_000 {
            await trial.fail()
            trial.world.clock.advance(by: .milliseconds(10))
        }
        // Ten seconds, and so at most one transition for each and the first.
        let transitions = await trial.world.transitions(of: trial.breakers)
        #expect((9...11).contains(transitions.count))
    }
}
