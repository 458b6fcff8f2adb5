#if Admin
internal import CircuitBreakers

/// What a request asks for.
enum Route: Sendable {
    case resource(Resource)
    case tree(TreeQuery)
    case circuits
    case circuit(ServiceName)
    case server(path: String)
    case events(EventQuery)
    case metrics
    case isLive
    case isReady
    case message(AdminMessage)
}

/// A file that is served as it is.
enum Resource: Sendable {
    case page, style, script, openAPI
}

/// What part of the tree is asked for.
struct TreeQuery: Sendable {
    /// Where to begin; nil for the topmost supervisor.
    var path: String?
    /// How many levels below that.
    var depth = 100
    /// How many children of each supervisor.
    var limit = 1_000
    /// With which child of the first supervisor to begin.
    var from: String?
}

/// Which events are asked for.
struct EventQuery: Sendable {
    /// The id behind which to begin; nil for what happens from now on.
    var after: String?
    var level = "info"
    /// None for all.
    var types: Set<EventRecord.Kind> = []
}

extension Route {
    /// Whether one without the token may ask for it: what says nothing of the program but whether it is there.
    var isOpen: Bool {
        switch self {
        case .resource, .isLive, .isReady: true
        case .tree, .circuits, .circuit, .server, .events, .metrics, .message: false
        }
    }

    init(_ request: Request) throws(Problem) {
        if let route = try Self.post(request) {
            self = route
            return
        }
        guard let route = try Self.get(request) else {
            throw Problem(
                .notFound,
                "there is no '/\(request.path.joined(separator: "/").shortened)'; what there is stands in /openapi.json",
                known: ["/tree", "/circuits", "/servers/{path}", "/events", "/metrics", "/livez", "/readyz"]
            )
        }
        guard request.method == "GET" || request.method == "HEAD" else { throw .method(request, allowed: "GET, HEAD") }
        self = route
    }

    private static func get(_ request: Request) throws(Problem) -> Route? {
        let path = request.path
        switch (path.first, path.count) {
        case ("", 1): return .resource(.page)
        case ("page.css", 1): return .resource(.style)
        case ("page.js", 1): return .resource(.script)
        case ("openapi.json", 1): return .resource(.openAPI)
        case ("tree", 1): return .tree(try TreeQuery(request))
        case ("circuits", 1): return .circuits
        case ("circuits", 2): return .circuit(try service(path[1]))
        case ("servers", 2...): return .server(path: try treePath(path.dropFirst()))
        case ("events", 1): return .events(try EventQuery(request))
        case ("metrics", 1): return .metrics
        case ("livez", 1): return .isLive
        case ("readyz", 1): return .isReady
        default: return nil
        }
    }

    private static func post(_ request: Request) throws(Problem) -> Route? {
        let path = request.path
        let message: () throws(Problem) -> AdminMessage
        switch (path.first, path.count, path.last) {
        case ("messages", 1, _):
            message = { () throws(Problem) in try AdminMessage(json: request) }
        case ("circuits", 3, let action?):
            guard let change = CircuitChange(rawValue: action) else { return nil }
            message = { () throws(Problem) in .circuits(change.message(try service(path[1]))) }
        case ("children", 3..., let action?):
            guard let change = ChildChange(rawValue: action) else { return nil }
            message = { () throws(Problem) in change.message(try treePath(path.dropFirst().dropLast())) }
        default: return nil
        }
        guard request.method == "POST" else { throw .method(request, allowed: "POST") }
        return .message(try message())
    }

    private static func service(_ text: String) throws(Problem) -> ServiceName {
        let name = try PercentCoding.decoded(text[...])
        if name.isEmpty { throw Problem(.badRequest, "the name of the service is empty") }
        return ServiceName(name)
    }

    /// A path of the tree, of which the slashes may be coded or not.
    private static func treePath(_ parts: ArraySlice<String>) throws(Problem) -> String {
        let path = try PercentCoding.decoded(parts.joined(separator: "/")[...])
        if path.isEmpty {
            throw Problem(.badRequest, "the path of the child is empty; expected is one such as app/users")
        }
        return path
    }
}

/// The last part of `/circuits/{service}/…`.
private enum CircuitChange: String {
    case reset, open, disable, enable, measure

    func message(_ service: ServiceName) -> CircuitBreakerServer.AdminMessage {
        switch self {
        case .reset: .reset(service)
        case .open: .forceOpen(service)
        case .disable: .disable(service)
        case .enable: .enable(service)
        case .measure: .metricsOnly(service)
        }
    }
}

/// The last part of `/children/{path}/…`.
private enum ChildChange: String {
    case restart, terminate

    func message(_ path: String) -> AdminMessage {
        switch self {
        case .restart: .tree(.restartChild(path: path))
        case .terminate: .tree(.terminateChild(path: path))
        }
    }
}

extension Problem {
    fileprivate static func method(_ request: Request, allowed: String) -> Problem {
        var problem = Problem(
            .methodNotAllowed,
            "\(request.method.shortened) is not for this path; it takes \(allowed)"
        )
        problem.known = [allowed]
        return problem
    }
}

// MARK: - Parameters

extension TreeQuery {
    fileprivate init(_ request: Request) throws(Problem) {
        path = request.values(of: "path").last.flatMap { $0.isEmpty ? nil : $0 }
        from = request.values(of: "from").last.flatMap { $0.isEmpty ? nil : $0 }
        if let depth = try request.number("depth", in: 0...100) { self.depth = depth }
        if let limit = try request.number("limit", in: 1...10_000) { self.limit = limit }
    }
}

extension EventQuery {
    fileprivate init(_ request: Request) throws(Problem) {
        after = request.headers["last-event-id"] ?? request.values(of: "after").last
        if let level = request.values(of: "level").last {
            let levels = ["debug", "info", "warning", "error"]
            guard levels.contains(level) else { throw .parameter("level", level, levels) }
            self.level = level
        }
        for text in request.values(of: "type") {
            for name in text.split(separator: ",") {
                guard let kind = EventRecord.Kind(rawValue: String(name)) else {
                    throw .parameter("type", String(name), EventRecord.Kind.allCases.map(\.rawValue))
                }
                types.insert(kind)
            }
        }
    }
}

extension Request {
    fileprivate func number(_ parameter: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = values(of: parameter).last else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Problem(
                .badRequest,
                "\(parameter) is '\(text.shortened)'; expected is a number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }
}

extension Problem {
    fileprivate static func parameter(_ name: String, _ value: String, _ known: [String]) -> Problem {
        let expected = known.joined(separator: ", ")
        return Problem(.badRequest, "\(name) is '\(value.shortened)'; expected is one of \(expected)", known: known)
    }
}
#endif
