import CircuitBreakers
import Foundation
import Supervision

extension ServiceName {
    /// The service that has the users.
    static let upstream: ServiceName = "upstream"
}

extension ServerName where Server == Memory {
    static var memory: Self { .init("memory") }
}

/// Where things are, and how patient the service is.
enum Settings {
    static let port = ProcessInfo.processInfo.environment["PORT"].flatMap(Int.init) ?? 8080
    static let upstream = ProcessInfo.processInfo.environment["UPSTREAM"] ?? "http://127.0.0.1:8081"
    /// How long an answer of the upstream may take.
    static let answerTime: Duration = .seconds(2)
    /// How long the service goes on answering after it has said that it is not ready any more.
    static let farewell: Duration = .seconds(1)

    static var policy: CircuitPolicy {
        var policy = CircuitPolicy()
        policy.trip = .consecutiveFailures(3)
        policy.openDuration = .constant(.seconds(5))
        return policy
    }
}
