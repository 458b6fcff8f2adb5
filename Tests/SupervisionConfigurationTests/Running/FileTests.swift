#if Configuration
import CircuitBreakers
import Foundation
import SupervisionConfiguration
import Testing

@Suite("Files on the disk")
struct FileTests {
    /// A folder of its own that is gone after the test.
    private final class Folder {
        let url = URL.temporaryDirectory.appending(path: "settings-\(UUID().uuidString)")
        /// Each file is younger than the last one, however fast they are written.
        private var time = Date(timeIntervalSince1970: 1_000_000)

        init() throws {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        }

        deinit {
            try? FileManager.default.removeItem(at: url)
        }

        func path(_ name: String) -> String { url.appending(path: name).path }

        func write(_ text: String, to name: String) throws {
            time += 1
            try Data(text.utf8).write(to: url.appending(path: name))
            try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path(name))
        }
    }

    private static func text(_ threshold: Int) -> String {
        "circuit_breakers: {default_config: {failure_threshold: \(threshold), timeout_seconds: 1}}"
    }

    @Test("B24 files are read when they have changed; environment over profile over base (B16, B17)")
    func reload() async throws {
        let folder = try Folder()
        try folder.write(Self.text(5), to: "base.yaml")
        try folder.write(#"{"circuit_breakers": {"default_config": {"success_threshold": 2}}}"#, to: "production.json")
        let settings = try await LiveSettings(
            files: [folder.path("base.yaml"), folder.path("production.json")],
            environment: ["CIRCUIT_BREAKERS_DEFAULT_CONFIG_TIMEOUT_SECONDS": "3"]
        )
        #expect(settings.current.circuits.policy.text == "consecutiveFailures(5), 3 s, successes(2)")
        #expect(try await settings.reload() == false)
        try folder.write(Self.text(4), to: "base.yaml")
        #expect(try await settings.reload())
        #expect(settings.current.circuits.policy.text == "consecutiveFailures(4), 3 s, successes(2)")
        try folder.write(#"{"circuit_breakers": {"default_config": {"success_threshold": 0}}}"#, to: "production.json")
        let error = await #expect(throws: InvalidSetting.self) { try await settings.reload() }
        #expect(error?.source == folder.path("production.json"))
        #expect(error?.key == "circuit_breakers.default_config.success_threshold")
        try folder.write(#"{"circuit_breakers": {"default_config": {"success_threshold": 9}}"#, to: "production.json")
        let broken = await #expect(throws: InvalidSetting.self) { try await settings.reload() }
        #expect(broken?.source == folder.path("production.json"))
        #expect(settings.current.circuits.policy.text == "consecutiveFailures(4), 3 s, successes(2)")
        try FileManager.default.removeItem(atPath: folder.path("production.json"))
        await #expect(throws: InvalidSetting.self) { try await settings.reload() }
        try folder.write("{}", to: "production.json")
        #expect(try await settings.reload())
        #expect(settings.current.circuits.policy.text == "consecutiveFailures(4), 3 s, successes(1)")
    }

    @Test("B24 a file that is not there, that cannot be read or that is of another kind ends the start")
    func start() async throws {
        let folder = try Folder()
        try folder.write("circuit_breakers: [", to: "bad.yaml")
        try folder.write("[1]", to: "list.yml")
        try folder.write("[1]", to: "list.json")
        try folder.write("a = 1", to: "settings.toml")
        for name in ["none.yaml", "bad.yaml", "list.yml", "list.json", "settings.toml"] {
            let error = await #expect(throws: InvalidSetting.self) {
                try await LiveSettings(files: [folder.path(name)])
            }
            #expect(error?.source == folder.path(name))
        }
    }
}
#endif
