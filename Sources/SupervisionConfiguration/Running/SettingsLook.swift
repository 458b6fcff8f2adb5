#if Configuration
internal import CircuitBreakers
internal import Supervision

/// One look at settings: whether they have changed, and who has not got them yet.
struct SettingsLook: Sendable {
    private let settings: LiveSettings
    private let breakers: [ServerName<CircuitBreakerServer>]
    private let whenApplied: @Sendable (Settings) async -> Void
    private let runtime: Runtime

    init(
        _ settings: LiveSettings,
        _ breakers: [ServerName<CircuitBreakerServer>],
        _ whenApplied: @escaping @Sendable (Settings) async -> Void,
        _ runtime: Runtime
    ) {
        self.settings = settings
        self.breakers = breakers
        self.whenApplied = whenApplied
        self.runtime = runtime
    }

    func run() async -> SettingsWatcher.Look {
        var look = SettingsWatcher.Look()
        let before = settings.current
        var isDifferent = false
        do {
            isDifferent = try await settings.reload()
        } catch is CancellationError {
            return look
        } catch {
            look.refusal = "\(error)"
        }
        look.undelivered = await deliver()
        if isDifferent {
            let waiting = settings.current.keysThatWait(since: before)
            look.applied = SettingsEvent(kind: .applied(waiting: waiting))
            await whenApplied(settings.current)
        }
        return look
    }

    /// - Returns: why those that have not got them have not.
    private func deliver() async -> [String: String] {
        var failures: [String: String] = [:]
        for name in breakers {
            await deliver(to: name.rawValue, wasMadeWith: 0, &failures) { settings in
                try await ServerRef(name, in: runtime).call { try $0.configure(settings.circuits) }
            }
        }
        for (name, limits) in settings.current.supervisors where limits.saysIntensity {
            await deliver(to: name, wasMadeWith: nil, &failures) { settings in
                let supervisor = ServerRef<Supervisor>(ServerName(name), in: runtime)
                try await supervisor.reconfigure(intensity: settings.intensity(of: name))
            }
        }
        return failures
    }

    private func deliver(
        to server: String,
        wasMadeWith first: Int?,
        _ failures: inout [String: String],
        _ give: (Settings) async throws -> Void
    ) async {
        guard let (current, version) = settings.undelivered(to: server, wasMadeWith: first) else { return }
        do {
            try await give(current)
            settings.delivered(version, to: server)
        } catch {
            failures[server] = "\(error)"
        }
    }
}
#endif
