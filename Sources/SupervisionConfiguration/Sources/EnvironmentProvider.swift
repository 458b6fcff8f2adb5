#if Configuration
internal import Configuration

/// Environment variables that are known by name, so that a misspelt one can be found.
///
/// They are read as swift-configuration reads them: `circuit_breakers.default_config.failure_threshold` is
/// `CIRCUIT_BREAKERS_DEFAULT_CONFIG_FAILURE_THRESHOLD`.
struct EnvironmentProvider: ConfigProvider {
    private let variables: EnvironmentVariablesProvider
    private let names: [String]

    init(_ variables: [String: String]) {
        self.variables = EnvironmentVariablesProvider(environmentVariables: variables)
        names = Array(variables.keys)
    }

    private struct Snapshot: ListingSnapshot {
        let variables: any ConfigSnapshot
        let names: [String]

        var providerName: String { EnvironmentProvider.name }

        func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult {
            try variables.value(forKey: key, type: type)
        }

        func names(in section: String) -> [String: Bool] {
            let prefix = "\(section.uppercased())_"
            return names.reduce(into: [:]) { found, name in
                if name.hasPrefix(prefix) { found[name] = true }
            }
        }

        func entries(of section: [String]) -> [String] { [] }

        // It never changes.
        func says(sameAs other: any ConfigSnapshot) -> Bool { other is Snapshot }
    }

    private static let name = "environment"

    var providerName: String { Self.name }

    func snapshot() -> any ConfigSnapshot { Snapshot(variables: variables.snapshot(), names: names) }

    func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult {
        try variables.value(forKey: key, type: type)
    }

    func fetchValue(forKey key: AbsoluteConfigKey, type: ConfigType) async throws -> LookupResult {
        try value(forKey: key, type: type)
    }

    func watchValue<Return: ~Copyable>(
        forKey key: AbsoluteConfigKey,
        type: ConfigType,
        updatesHandler: (_ updates: ConfigUpdatesAsyncSequence<Result<LookupResult, any Error>, Never>) async throws ->
            Return
    ) async throws -> Return {
        try await variables.watchValue(forKey: key, type: type, updatesHandler: updatesHandler)
    }

    func watchSnapshot<Return: ~Copyable>(
        updatesHandler: (_ updates: ConfigUpdatesAsyncSequence<any ConfigSnapshot, Never>) async throws -> Return
    ) async throws -> Return {
        try await watchSnapshotFromSnapshot(updatesHandler: updatesHandler)
    }
}
#endif
