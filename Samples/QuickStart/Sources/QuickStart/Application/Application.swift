import CircuitBreakers
import Foundation
import Supervision
import SupervisionAdmin

/// Where the list of users comes from.
enum UserSource: Sendable {
    /// The upstream in the same tree, which can be told to fail.
    case builtIn
    /// Somebody else's server.
    case url(URL)
}

/// The supervision tree of the sample.
enum Application {
    /// Children start in this order and stop in the reverse, so each stands below what it depends on.
    ///
    /// - Parameter socket: where an operator reaches it.
    static func tree(source: UserSource, socket: String) -> Supervisor {
        Supervisor(strategy: .oneForOne, intensity: .init(3, within: .seconds(5))) {
            Child("admin") { AdminEndpoint(at: .unixSocket(socket)) }
            Child(.circuitBreakers) { CircuitBreakerServer(policies: [.userAPI: policy]) }
            if case .builtIn = source {
                Child(.upstream) { Upstream() }
            }
            Child(.users) { UserDirectory(source: source) }
            // The mailer uses the templates: when they restart, so does it. That is what rest-for-one means.
            Child("reports") {
                Supervisor(
                    strategy: .restForOne,
                    intensity: .init(Settings.reportsRestarts, within: .seconds(5))
                ) {
                    Child(.templates) { Templates() }
                    Child(.mailer) { Mailer() }
                }
            }
            Worker("watch") { try await StaleWatch().run() }
        }
    }

    private static var policy: CircuitPolicy {
        var policy = CircuitPolicy()
        policy.trip = .consecutiveFailures(Settings.failuresToOpen)
        policy.openDuration = .exponential(from: Settings.openTime, upTo: Settings.longestOpenTime, jitter: 0)
        policy.halfOpen = .init(probeTimeout: .seconds(5))
        return policy
    }
}
