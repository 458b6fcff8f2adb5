import CircuitBreakers
import Configuration
import CoreMetrics
import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
import Supervision
import SupervisionAdmin
import SupervisionConfiguration
import SupervisionObservability
import SupervisionServiceLifecycle
import UnixSignals

/// Answers with users, whom it knows from another service that fails now and then.
@main struct UserService {
    static func main() async throws {
        do {
            try await run(LiveSettings(files: ["config.yaml"], environment: ProcessInfo.processInfo.environment))
        } catch let mistake as InvalidSetting {
            FileHandle.standardError.write(Data("\(mistake)\n".utf8))
            exit(78)
        }
    }

    private static func run(_ settings: LiveSettings) async throws {
        LoggingSystem.bootstrap { LiveLogHandler(StreamLogHandler.standardError(label: $0), settings) }
        let exposition = PrometheusText()
        MetricsSystem.bootstrap(exposition)

        let logger = Logger(label: "user-service")
        let metrics = MetricsSink()
        let users = Users(upstream: try UpstreamClient(url: settings.reader.requiredString(forKey: "upstream.url")))
        let sign = Sign()
        let port = settings.reader.int(forKey: "http.port", default: 8080)
        let socket = settings.reader.string(forKey: "admin.socket", default: "user-service.sock")

        let tree = Supervisor(intensity: settings.current.intensity(of: "app")) {
            Child("admin") { AdminEndpoint(at: .unixSocket(socket), metrics: { exposition.text() }) }
            Child("settings") { SettingsWatcher(settings, every: .seconds(1)) }
            Child(.circuitBreakers) { CircuitBreakerServer(settings.current.circuits) }
            Child(.memory) { Memory() }
            ServiceChild("http", shutdown: settings.current.shutdown(of: "http")) {
                Application(
                    router: Site(users: users, sign: sign, metrics: metrics, exposition: exposition).router,
                    configuration: .init(address: .hostname("127.0.0.1", port: port)),
                    logger: logger
                )
            }
            Child("announcement") { Announcement(sign) }
        }
        let runtime = Runtime(logger: logger, levels: .application, metrics: metrics)
        try await ServiceGroup(
            services: [tree.service(in: runtime)],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        ).run()
    }
}
