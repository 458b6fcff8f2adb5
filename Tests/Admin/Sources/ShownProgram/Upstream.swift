internal import CircuitBreakers
internal import Synchronization

/// Two services that are called all the time, of which one fails when it is told to.
final class Upstream: Sendable {
    struct Unavailable: Error {}

    private let failing = Mutex(false)

    var isFailing: Bool {
        get { failing.withLock { $0 } }
        set { failing.withLock { $0 = newValue } }
    }

    func traffic() async throws {
        let users = CallPolicy { CircuitBreaker("user-api") }
        let billing = CallPolicy { CircuitBreaker("billing") }
        while true {
            try await Task.sleep(for: .milliseconds(50))
            // What becomes of a call is the circuit's matter here.
            try? await users.call { if self.isFailing { throw Unavailable() } }
            try? await billing.call {}
        }
    }
}
