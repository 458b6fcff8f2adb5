#if Configuration
public import CircuitBreakers
public import Configuration
internal import Logging
internal import Synchronization

/// Settings from files, environment variables and other providers, and what of them holds now.
///
/// ```swift
/// let settings = try await LiveSettings(
///     files: ["config.yaml", "config.production.yaml"],
///     environment: ProcessInfo.processInfo.environment
/// )
/// try await Supervisor(intensity: settings.current.intensity(of: "app")) {
///     Child(.circuitBreakers) { CircuitBreakerServer(settings.current.circuits) }
///     Child("settings") { SettingsWatcher(settings) }
/// }.run()
/// ```
///
/// What cannot be is an error that ends the start of the program. Later it is refused, and what held before goes on to
/// hold: so a restarted server, which takes ``current``, never meets settings that cannot be.
public final class LiveSettings: Sendable {
    private struct State: Sendable {
        var settings: Settings
        var snapshots: [any ConfigSnapshot]
        /// Counts the changes.
        var version = 0
        /// The version that each server has.
        var deliveries: [String: Int] = [:]
    }

    /// Reads keys of your own from the same sources.
    public let reader: ConfigReader
    private let providers: [any ConfigProvider]
    private let base: SettingsBase
    private let state: Mutex<State>
    let logLevel: LiveLogLevel

    /// Settings from files and from environment variables, which win over all files.
    ///
    /// - Parameters:
    ///   - files: their paths, each over the ones before it: first what always holds, then what holds in a profile.
    ///   - environment: variables: see ``SettingsProvider/environment(_:)``.
    ///   - policy: the code's policy of all services, for what plain data cannot say.
    ///   - policies: the code's policies of single services, which variables can mean without a file that names them.
    ///   - supervisors: the names of supervisors, which variables can mean without a file that names them.
    /// - Throws: ``InvalidSetting``; `InvalidCircuitPolicy` when a policy of the code is invalid.
    public convenience init(
        files: [String],
        environment: [String: String] = [:],
        policy: CircuitPolicy = .init(),
        policies: [ServiceName: CircuitPolicy] = [:],
        supervisors: [String] = ["app"]
    ) async throws {
        var providers = [SettingsProvider.environment(environment)]
        for file in files.reversed() { providers.append(try await SettingsProvider.file(file)) }
        try self.init(providers: providers, policy: policy, policies: policies, supervisors: supervisors)
    }

    /// Settings from providers, of which the first that says something wins.
    ///
    /// Of those that ``SettingsProvider`` has not made no keys are known but those that are asked for: an unknown one
    /// is passed over, and a component or a supervisor counts only when another provider or the code names it. An error
    /// calls them by their provider's name.
    ///
    /// - Throws: ``InvalidSetting``, also for no providers; `InvalidCircuitPolicy` when a policy of the code is invalid.
    public init(
        providers: [any ConfigProvider],
        policy: CircuitPolicy = .init(),
        policies: [ServiceName: CircuitPolicy] = [:],
        supervisors: [String] = ["app"]
    ) throws {
        if providers.isEmpty {
            throw InvalidSetting(
                source: "settings",
                key: "providers",
                value: "empty",
                allowed: "one provider or more",
                remedy: "name a file, or use SettingsProvider.environment"
            )
        }
        self.providers = providers
        reader = ConfigReader(providers: providers)
        base = SettingsBase(policy: policy, policies: policies, supervisors: supervisors)
        let snapshots = providers.map { $0.snapshot() }
        let settings = try Settings(snapshots, over: base)
        state = Mutex(State(settings: settings, snapshots: snapshots))
        logLevel = LiveLogLevel(settings.logLevel)
    }

    /// What holds now.
    public var current: Settings { state.withLock(\.settings) }

    /// Asks the providers for what they say now, and takes that over as ``current``. Files are read again when they have
    /// changed. Running servers are told by a ``SettingsWatcher``.
    ///
    /// - Returns: whether anything is different.
    /// - Throws: ``InvalidSetting`` for what cannot be; ``current`` is what it was then. `InvalidCircuitPolicy`, blaming
    ///   no setting, when they only together do not fit a policy of the code.
    public func reload() async throws -> Bool {
        for provider in providers { try await Self.refresh(provider) }
        let snapshots = providers.map { $0.snapshot() }
        if state.withLock({ Self.areSame($0.snapshots, snapshots) }) { return false }
        let settings = try Settings(snapshots, over: base)
        let isDifferent = state.withLock { state in
            state.snapshots = snapshots
            if state.settings.said == settings.said { return false }
            state.settings = settings
            state.version += 1
            return true
        }
        if isDifferent { logLevel.set(settings.logLevel) }
        return isDifferent
    }

    private static func refresh(_ provider: any ConfigProvider) async throws {
        do {
            // A fetch, of whatever key, is what makes a provider look at its file.
            _ = try await provider.fetchValue(forKey: ["circuit_breakers"], type: .string)
        } catch {
            if error is CancellationError { throw error }
            throw InvalidSetting.unreadable(provider.snapshot().providerName, error)
        }
    }

    private static func areSame(_ old: [any ConfigSnapshot], _ new: [any ConfigSnapshot]) -> Bool {
        zip(old, new).allSatisfy { old, new in (old as? any ListingSnapshot)?.says(sameAs: new) ?? false }
    }
}

// MARK: - Who has what

extension LiveSettings {
    /// The settings for a server that has not got them yet, with their version; nil when it has them.
    ///
    /// - Parameter wasMadeWith: the version that it has got without a delivery.
    func undelivered(to server: String, wasMadeWith first: Int?) -> (settings: Settings, version: Int)? {
        state.withLock { state in
            if state.deliveries[server] ?? first == state.version { return nil }
            return (state.settings, state.version)
        }
    }

    func delivered(_ version: Int, to server: String) {
        state.withLock { $0.deliveries[server] = version }
    }
}
#endif
