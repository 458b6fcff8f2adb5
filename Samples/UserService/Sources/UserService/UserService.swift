import CircuitBreakers
import CoreMetrics
import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
import Supervision
import SupervisionObservability
import SupervisionServiceLifecycle
import UnixSignals

/// Answers with users, whom it knows from another service that fails now and then.
@main struct UserService {
    static func main() async throws {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        let exposition = PrometheusText()
        MetricsSystem.bootstrap(exposition)

        let logger = Logger(label: "user-service")
        let metrics = MetricsSink()
        let runtime = Runtime(logger: logger, levels: .application, metrics: metrics)
        let users = Users(upstream: try UpstreamClient(url: Settings.upstream))
        let sign = Sign()

        let tree = Supervisor {
            Child(.circuitBreakers) { CircuitBreakerServer(policies: [.upstream: Settings.policy]) }
            Child(.memory) { Memory() }
            ServiceChild("http", shutdown: .timeout(.seconds(30))) {
                Application(
                    router: Site(users: users, sign: sign, metrics: metrics, exposition: exposition).router,
                    configuration: .init(address: .hostname("127.0.0.1", port: Settings.port)),
                    logger: logger
                )
            }
            Child("announcement", shutdown: .timeout(.seconds(5))) { Announcement(sign) }
        }
        try await ServiceGroup(
            services: [tree.service(in: runtime)],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        ).run()
    }
}
