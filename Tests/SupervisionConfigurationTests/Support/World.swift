#if Configuration
import CircuitBreakers
import Supervision
import SupervisionConfiguration
import SupervisionTesting

struct Broken: Error {}

/// A runtime with a clock that is moved by hand and a record of what happens.
struct World {
    let clock = ManualClock()
    let recorder = EventRecorder()
    let runtime: Runtime

    init() {
        runtime = Runtime(clock: clock, events: recorder)
    }

    /// A tree with breakers made with `settings`, and a watcher that looks every 5 s.
    func tree(_ settings: LiveSettings) async throws -> ServerRef<Supervisor> {
        try await Supervisor(intensity: settings.current.intensity(of: "app")) {
            Child(.circuitBreakers) { CircuitBreakerServer(settings.current.circuits) }
            Child(.settings) { SettingsWatcher(settings) }
        }.start(in: runtime)
    }

    /// Lets the watcher look, and waits until it tells what came of it.
    func look(until kind: @escaping @Sendable (SettingsEvent.Kind) -> Bool) async {
        clock.advance(by: .seconds(5))
        await recorder.waitFor { event in (event as? SettingsEvent).map { kind($0.kind) } ?? false }
    }

    var settingsEvents: [String] { recorder.events.compactMap { ($0 as? SettingsEvent)?.description } }

    func failingCall(_ service: ServiceName) async {
        await runtime.run { _ = try? await CircuitBreakerServer.call(service) { throw Broken() } }
    }

    /// Waits until the breakers have the settings, which they are given after these hold.
    func delivered() async throws {
        try await runtime.run { try await ServerRef(.settings).lookAndWait() }
    }

    func state(of service: ServiceName) async throws -> CircuitSnapshot {
        try await runtime.run { try await CircuitBreakerServer.state(of: service) }
    }
}

extension ServerRef where Server == SettingsWatcher {
    /// Lets the watcher look, and waits until it has.
    func lookAndWait() async throws {
        try await call { await $0.look() }
    }
}

extension ServerName where Server == SettingsWatcher {
    static let settings: Self = .init("settings")
}
#endif
