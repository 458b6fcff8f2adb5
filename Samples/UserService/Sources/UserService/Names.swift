import CircuitBreakers
import Supervision

extension ServiceName {
    /// The service that has the users.
    static let upstream: ServiceName = "upstream"
}

extension ServerName where Server == Memory {
    static var memory: Self { .init("memory") }
}
