import FlyingFox
import FlyingSocks
import Foundation
import Synchronization

/// The web site that the upstream serves while it is not down: one list of users, given as the mode says.
struct UpstreamSite: HTTPHandler {
    /// The mode that the site follows. Requests read it from their own tasks, so that they need not wait for the server.
    final class Switch: Sendable {
        private let current = Mutex(UpstreamMode.healthy)

        var mode: UpstreamMode {
            get { current.withLock { $0 } }
            set { current.withLock { $0 = newValue } }
        }
    }

    static let path = "/users"
    static let users = [
        User(id: 1, name: "Ada Lovelace"),
        User(id: 2, name: "Grace Hopper"),
        User(id: 3, name: "Joe Armstrong"),
    ]

    let modes: Switch

    func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard request.path == Self.path else { return HTTPResponse(statusCode: .notFound) }
        switch modes.mode {
        case .healthy, .down: break
        case .slow: try await Task.sleep(for: .seconds(3))
        case .failing: return HTTPResponse(statusCode: .serviceUnavailable)
        }
        return HTTPResponse(
            statusCode: .ok,
            headers: [.contentType: "application/json"],
            body: try JSONEncoder().encode(Self.users)
        )
    }
}
