#if Configuration
import Configuration
import Synchronization

@testable import SupervisionConfiguration

/// A file of settings that is in memory: read again when it is asked for a value, as one on the disk is.
final class TestFile<Format: SettingsFormat>: ConfigProvider {
    private struct State {
        var text: String
        var snapshot: FileSnapshot<Format>
    }

    let providerName: String
    private let state: Mutex<State>

    init(_ text: String, as name: String = "config.yaml", _: Format.Type = YAMLSnapshot.self) throws {
        providerName = name
        state = Mutex(State(text: text, snapshot: try Self.read(text, name)))
    }

    func write(_ text: String) {
        state.withLock { $0.text = text }
    }

    private static func read(_ text: String, _ name: String) throws -> FileSnapshot<Format> {
        let bytes = Array(text.utf8)
        return try FileSnapshot(data: bytes.span.bytes, providerName: "", parsingOptions: .init(name: name))
    }

    func snapshot() -> any ConfigSnapshot { state.withLock(\.snapshot) }

    func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult {
        try state.withLock(\.snapshot).value(forKey: key, type: type)
    }

    func fetchValue(forKey key: AbsoluteConfigKey, type: ConfigType) async throws -> LookupResult {
        try state.withLock { $0.snapshot = try Self.read($0.text, providerName) }
        return try value(forKey: key, type: type)
    }

    func watchValue<Return: ~Copyable>(
        forKey key: AbsoluteConfigKey,
        type: ConfigType,
        updatesHandler: (_ updates: ConfigUpdatesAsyncSequence<Result<LookupResult, any Error>, Never>) async throws ->
            Return
    ) async throws -> Return {
        try await watchValueFromValue(forKey: key, type: type, updatesHandler: updatesHandler)
    }

    func watchSnapshot<Return: ~Copyable>(
        updatesHandler: (_ updates: ConfigUpdatesAsyncSequence<any ConfigSnapshot, Never>) async throws -> Return
    ) async throws -> Return {
        try await watchSnapshotFromSnapshot(updatesHandler: updatesHandler)
    }
}

/// Settings of one file of YAML and of variables.
func settings(
    _ text: String,
    _ environment: [String: String] = [:]
) throws -> LiveSettings {
    try LiveSettings(providers: [SettingsProvider.environment(environment), try TestFile(text)])
}
#endif
