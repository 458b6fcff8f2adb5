import Logging
import ServiceLifecycle
import Supervision
import SupervisionServiceLifecycle

struct Database: Service {
    func run() async throws {
        print("the database runs")
        try await gracefulShutdown()
        print("the database ends")
    }
}

/// Fails at its third poll.
struct Poller: Service {
    struct ConnectionLost: Error {}

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            for number in 1... {
                try await Task.sleep(for: .seconds(1))
                guard number < 3 else { throw ConnectionLost() }
                print("poll \(number)")
            }
        }
    }
}

@main struct App {
    static func main() async throws {
        let group = ServiceGroup(
            services: [Database(), Supervisor { ServiceChild("poller") { Poller() } }],
            gracefulShutdownSignals: [.sigterm],
            logger: Logger(label: "app")
        )
        try await group.run()
    }
}
