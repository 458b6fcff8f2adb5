import CircuitBreakers
import Foundation
import HTTPTypes
import Hummingbird
import SupervisionObservability

/// What can be asked for over HTTP.
struct Site: Sendable {
    let users: Users
    let sign: Sign
    let metrics: MetricsSink
    let exposition: PrometheusText

    var router: Router<Context> {
        let router = Router(context: Context.self)
        router.add(middleware: MetricsMiddleware())
        router.get("/users/:id") { _, context in
            try await users.answer(context.parameters.require("id", as: Int.self))
        }
        router.get("/ready") { _, _ in
            sign.isReady ? HTTPResponse.Status.ok : .serviceUnavailable
        }
        router.get("/circuits") { _, _ in
            try await CircuitBreakerServer.overview().description + "\n"
        }
        router.get("/metrics") { _, _ in
            await metrics.collect()
            return Response(
                status: .ok,
                headers: [.contentType: PrometheusText.contentType],
                body: .init(byteBuffer: .init(string: exposition.text()))
            )
        }
        return router
    }
}

/// Writes JSON with its keys in order.
struct Context: RequestContext {
    var coreContext: CoreRequestContextStorage
    let responseEncoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return encoder
    }()

    init(source: Source) { coreContext = .init(source: source) }
}

extension Users.Answer: ResponseGenerator {
    private struct Found: ResponseEncodable {
        var id: Int
        var name: String
        var source: Users.Source
    }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        switch self {
        case .user(let user, let source):
            return try Found(id: user.id, name: user.name, source: source).response(from: request, context: context)
        case .unknown:
            throw HTTPError(.notFound, message: "there is no such user")
        case .unavailable(let retryAfter):
            let seconds = retryAfter.map { $0.components.seconds + ($0.components.attoseconds > 0 ? 1 : 0) }
            throw HTTPError(
                .serviceUnavailable,
                headers: [.retryAfter: "\(seconds ?? 1)"],
                message: "users are not available"
            )
        }
    }
}
