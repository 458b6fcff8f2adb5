#if Configuration
public import Configuration
internal import SystemPackage

/// Where settings come from. Only what is made here tells a misspelt key from one that belongs to someone else.
public enum SettingsProvider {
    /// A file of YAML or JSON, by its extension: `.yaml`, `.yml` or `.json`.
    ///
    /// It is a `ReloadingFileProvider`: read again when a ``LiveSettings`` is asked to reload and the file has changed,
    /// or its link leads elsewhere. It need not be run as a service; run, it polls by itself and reloads on `SIGHUP`.
    /// Unlike swift-configuration's own it is strict with JSON, where `true` is no number.
    ///
    /// - Throws: ``InvalidSetting`` when it is not there or cannot be read.
    public static func file(_ path: String) async throws -> any ConfigProvider {
        do {
            switch FilePath(path).extension?.lowercased() {
            case "json": return try await provider(path, JSONSnapshot.self)
            case "yaml", "yml": return try await provider(path, YAMLSnapshot.self)
            default: break
            }
        } catch {
            throw InvalidSetting.unreadable(path, error)
        }
        throw InvalidSetting(
            source: path,
            key: "",
            value: "of an unknown format",
            allowed: "a file .yaml, .yml or .json",
            remedy: "rename it"
        )
    }

    /// Environment variables: `circuit_breakers.component_configs.user-api.timeout_seconds` is
    /// `CIRCUIT_BREAKERS_COMPONENT_CONFIGS_USER_API_TIMEOUT_SECONDS`.
    ///
    /// One that begins with `CIRCUIT_BREAKERS_` or `SUPERVISORS_` and means nothing is an error.
    public static func environment(_ variables: [String: String]) -> any ConfigProvider {
        EnvironmentProvider(variables)
    }

    private static func provider<Format: SettingsFormat>(
        _ path: String,
        _: Format.Type
    ) async throws -> ReloadingFileProvider<FileSnapshot<Format>> {
        try await ReloadingFileProvider(parsingOptions: .init(name: path), filePath: FilePath(path))
    }
}
#endif
