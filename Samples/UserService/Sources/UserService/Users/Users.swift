import CircuitBreakers
import Supervision

/// Users from the upstream, through its circuit; or as they were seen last.
struct Users: Sendable {
    let upstream: UpstreamClient
    private let policy = CallPolicy {
        CircuitBreaker(.upstream)
        TimeLimit(.seconds(2))
    }

    init(upstream: UpstreamClient) { self.upstream = upstream }

    enum Answer: Sendable {
        case user(User, from: Source)
        case unknown
        case unavailable(retryAfter: Duration?)
    }

    enum Source: String, Codable, Sendable {
        case upstream, memory
    }

    func answer(_ id: Int) async throws -> Answer {
        try await policy.call {
            guard let user = try await upstream.user(id) else { return .unknown }
            ServerRef(.memory).cast(.seen(user))
            return .user(user, from: .upstream)
        } fallback: { error in
            if let user = try await ServerRef(.memory).call({ $0.user(id) }) { return .user(user, from: .memory) }
            return .unavailable(retryAfter: (error as? CircuitBreakerError)?.retryAfter)
        }
    }
}
