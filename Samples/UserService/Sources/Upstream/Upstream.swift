import Foundation
import Hummingbird
import Logging
import Synchronization

/// The service that UserService depends on: it knows three users, and can be told to misbehave.
///
/// `PUT /mode/down` has it answer 503, `PUT /mode/slow` late, `PUT /mode/up` as it should.
@main struct Upstream {
    static func main() async throws {
        let site = Site()
        let router = Router()
        router.get("/users/:id") { _, context in try await site.user(context.parameters.require("id", as: Int.self)) }
        router.put("/mode/:mode") { _, context in try site.become(context.parameters.require("mode")) }
        let port = ProcessInfo.processInfo.environment["PORT"].flatMap(Int.init) ?? 8081
        try await Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            logger: Logger(label: "upstream") { StreamLogHandler.standardError(label: $0) }
        ).runService()
    }
}

struct User: ResponseEncodable {
    var id: Int
    var name: String
}

/// What the server answers, by its mode.
final class Site: Sendable {
    enum Mode: String, CaseIterable {
        case up, down, slow
    }

    private let mode = Mutex(Mode.up)
    private let names = [1: "Ada", 2: "Grace", 3: "Barbara"]

    func become(_ name: String) throws -> String {
        guard let mode = Mode(rawValue: name) else {
            throw HTTPError(.badRequest, message: "a mode is one of \(Mode.allCases.map(\.rawValue))")
        }
        self.mode.withLock { $0 = mode }
        return "\(mode)\n"
    }

    func user(_ id: Int) async throws -> User {
        switch mode.withLock({ $0 }) {
        case .up: break
        case .down: throw HTTPError(.serviceUnavailable)
        case .slow: try await Task.sleep(for: .seconds(10))
        }
        guard let name = names[id] else { throw HTTPError(.notFound) }
        return User(id: id, name: name)
    }
}
