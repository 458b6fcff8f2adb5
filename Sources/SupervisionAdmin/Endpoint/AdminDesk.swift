#if Admin
internal import CircuitBreakers
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import Supervision

/// Answers requests: looks into the tree and the circuits, and does to them what is asked for.
struct AdminDesk: Sendable {
    let runtime: Runtime
    /// The topmost supervisor.
    let root: TreePart
    /// Where the endpoint itself stands in the tree.
    let ownPath: String
    let circuits: ServerName<CircuitBreakerServer>
    let access: Access
    let events: EventLog
    let metrics: (@Sendable () async throws -> String)?

    /// Answers a request that came in whole.
    func answer(_ request: Request, from origin: String) async -> Response {
        do throws(Problem) {
            try access.check(request)
            let route: Route
            do throws(Problem) {
                route = try Route(request)
            } catch {
                // One without the token is not even told what there is.
                try access.checkToken(request)
                throw error
            }
            if !route.isOpen { try access.checkToken(request) }
            return try await answer(route, from: origin)
        } catch {
            return Response(error)
        }
    }

    private func answer(_ route: Route, from origin: String) async throws(Problem) -> Response {
        switch route {
        case .resource(let resource): return Response(resource)
        case .tree(let query): return try Response(json: await tree(query))
        case .circuits: return try Response(json: await allCircuits())
        case .circuit(let service): return try Response(json: await circuit(service))
        case .server(let path): return try Response(json: ServerReport(await part(path), now: runtime.now))
        case .events(let query):
            return Response(contentType: "text/event-stream", body: .events(try EventReader(events, query)))
        case .metrics: return try await metricsText()
        case .isLive: return try Response(json: ["status": "live"])
        case .isReady: return try await readiness()
        case .message(let message):
            do throws(Problem) {
                try access.check(message)
                let reply = try await perform(message)
                audit(message, origin, nil)
                return try Response(json: reply)
            } catch {
                audit(message, origin, error.detail)
                throw error
            }
        }
    }

    private func audit(_ message: AdminMessage, _ origin: String, _ refusal: String?) {
        guard message.isChange else { return }
        runtime.emit(AdminAudit(message: "\(message)", origin: origin, refusal: refusal))
    }

    // MARK: The process

    private func readiness() async throws(Problem) -> Response {
        let word =
            switch root.status {
            case .starting, .restarting: "starting"
            case .stopped: "draining"
            // One that does not answer is on its way out, or in a bad way.
            case .running: ((try? await root.isEnding()) ?? true) ? "draining" : "ready"
            }
        var response = try Response(json: ["status": word])
        if word != "ready" { response.status = .unavailable }
        return response
    }

    private func metricsText() async throws(Problem) -> Response {
        guard let metrics else {
            throw Problem(.notFound, "this program shows no metrics here; give its AdminEndpoint some with 'metrics:'")
        }
        do {
            let text = try await metrics()
            return Response(contentType: "text/plain; version=0.0.4; charset=utf-8", body: .bytes(Array(text.utf8)))
        } catch {
            throw Problem(.internalError, "the metrics could not be read: \(error)")
        }
    }

    // MARK: The tree

    /// The child at that path.
    private func part(_ path: String) async throws(Problem) -> TreePart {
        do {
            if let part = try await root.find(path) { return part }
        } catch ServerError.notRunning(let supervisor) {
            let detail = "nothing is at '\(path.shortened)', as '\(supervisor)' does not run; restart that first"
            throw Problem(.notFound, detail, known: [supervisor])
        } catch {
            throw Problem(.unavailable, "a supervisor on the way to '\(path.shortened)' does not answer: \(error)")
        }
        let known = await nearPaths(path)
        throw Problem(
            .notFound,
            "there is no child '\(path.shortened)'\(known.isEmpty ? "" : "; near ones: \(known.joined(separator: ", "))")",
            known: known
        )
    }

    /// The paths of the nearest supervisor that is on the way, and of its children whose names are near.
    private func nearPaths(_ path: String) async -> [String] {
        var parent = path
        while let slash = parent.lastIndex(of: "/") {
            parent = String(parent[..<slash])
            guard let part = try? await root.find(parent) else { continue }
            let children = try? await part.children(limit: 1_000)
            return NearNames.nearest(to: path, among: children?.parts.map(\.path) ?? [])
        }
        return [root.path]
    }

    private func tree(_ query: TreeQuery) async throws(Problem) -> TreeNode {
        let part = if let path = query.path { try await part(path) } else { root }
        var first: ChildID?
        if let from = query.from {
            let prefix = part.path + "/"
            guard from.hasPrefix(prefix) else {
                throw Problem(.notFound, "from is '\(from.shortened)', which is no child of '\(part.path)'")
            }
            first = ChildID(String(from.dropFirst(prefix.count)))
        }
        return await TreeNode(part, depth: query.depth, limit: query.limit, from: first)
    }

    // MARK: Circuits

    private func asked<Value: Sendable>(
        _ body: @escaping @Sendable (isolated CircuitBreakerServer) -> Value
    ) async throws(Problem) -> Value {
        do {
            return try await ServerRef(circuits, in: runtime).call(body)
        } catch ServerError.notRunning {
            throw Problem(.notFound, "this program has no circuits: no server '\(circuits.rawValue)' runs")
        } catch {
            throw Problem(.unavailable, "the server '\(circuits.rawValue)' does not answer: \(error)")
        }
    }

    private func allCircuits() async throws(Problem) -> CircuitsReport {
        let (figures, states) = try await asked { ($0.overview().circuits, $0.states()) }
        let snapshots = Dictionary(states.map { ($0.service, $0) }) { first, _ in first }
        let reports = figures.map { figures in
            let snapshot = snapshots[figures.service]
            return CircuitReport(figures, counts: snapshot?.counts ?? CircuitCounts(), faults: snapshot?.faults)
        }
        return CircuitsReport(health: CircuitHealth(of: states), circuits: reports)
    }

    private func circuit(_ service: ServiceName) async throws(Problem) -> CircuitReport {
        let (figures, snapshot) = try await asked { ($0.figures(of: service), $0.state(of: service)) }
        if let figures, let snapshot {
            return CircuitReport(figures, counts: snapshot.counts, faults: snapshot.faults)
        }
        throw unknown(service, among: try await asked { $0.states().map(\.service) })
    }

    private func unknown(_ service: ServiceName, among known: [ServiceName]) -> Problem {
        let near = NearNames.nearest(to: service.rawValue, among: known.map(\.rawValue))
        let hint = near.isEmpty ? "there is none" : "near ones: \(near.joined(separator: ", "))"
        return Problem(.notFound, "there is no circuit '\(service.rawValue.shortened)'; \(hint)", known: near)
    }

    // MARK: Messages

    /// What a message of the tree is answered.
    private struct Done: Encodable, Sendable {
        var reply = "done"
    }

    private func perform(_ message: AdminMessage) async throws(Problem) -> any Encodable & Sendable {
        switch message {
        case .circuits(let message):
            let reply = try await asked { server -> CircuitBreakerServer.AdminReply in
                // A name that is misspelt must not make a circuit, which some messages do inside the program.
                if let service = message.service, server.state(of: service) == nil {
                    return .unknownService(service, known: server.states().map(\.service))
                }
                return server.admin(message)
            }
            switch reply {
            case .done, .states: return reply
            case .unknownService(let service, let known): throw unknown(service, among: known)
            case .failed(let reason): throw Problem(.conflict, reason)
            }
        case .tree(let message):
            try await perform(message)
            return Done()
        }
    }

    private func perform(_ message: TreeMessage) async throws(Problem) {
        let part = try await part(message.path)
        do {
            switch message {
            case .restartChild, .terminateChild:
                if isOwn(part.path) { throw Problem(.conflict, ownEnd(part.path)) }
                if case .restartChild = message { try await part.restart() } else { try await part.terminate() }
            case .suspend:
                if isOwn(part.path) { throw Problem(.conflict, ownEnd(part.path)) }
                try await part.suspend()
            case .resume: try part.resume()
            case .observe(_, let log, let trace): part.observe(log: log, trace: trace)
            case .stopObserving: part.stopObserving()
            }
        } catch let problem as Problem {
            throw problem
        } catch is CancellationError {
            throw Problem(.unavailable, "the program is stopping")
        } catch {
            throw Problem(.conflict, "\(error)")
        }
    }

    /// Whether the endpoint would go with what is at that path.
    private func isOwn(_ path: String) -> Bool {
        ownPath == path || ownPath.hasPrefix(path + "/")
    }

    private func ownEnd(_ path: String) -> String {
        "this endpoint is '\(ownPath)', which would stop with '\(path)' before it could answer; ask for another child"
    }
}

// MARK: - Answers

extension Response {
    /// A value as JSON.
    init(json value: any Encodable & Sendable) throws(Problem) {
        let encoder = JSONEncoder.forAnswers
        // A figure that is no number, such as a rate of a policy's own, has no place in JSON otherwise.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "infinity",
            negativeInfinity: "-infinity",
            nan: "nan"
        )
        do {
            self.init(contentType: "application/json; charset=utf-8", body: .bytes([UInt8](try encoder.encode(value))))
        } catch {
            throw Problem(.internalError, "the answer cannot be written as JSON: \(error)")
        }
    }

    /// A problem, with the headers that belong to its status.
    init(_ problem: Problem) {
        // Of texts and numbers, so it can be written; were it not so, the status would say what matters.
        let bytes = (try? JSONEncoder.forAnswers.encode(problem)).map { [UInt8]($0) } ?? Array("{}".utf8)
        self.init(contentType: "application/problem+json", body: .bytes(bytes))
        status = Status(rawValue: problem.status) ?? .internalError
        switch status {
        case .unauthorized: headers = [("WWW-Authenticate", "Bearer")]
        case .methodNotAllowed: headers = [("Allow", problem.known?.first ?? "GET")]
        case .unavailable: headers = [("Retry-After", "1")]
        default: break
        }
    }

    init(_ resource: Resource) {
        switch resource {
        case .page: self.init(contentType: "text/html; charset=utf-8", body: .bytes(PackageResources.page_html))
        case .style: self.init(contentType: "text/css; charset=utf-8", body: .bytes(PackageResources.page_css))
        case .script: self.init(contentType: "text/javascript; charset=utf-8", body: .bytes(PackageResources.page_js))
        case .openAPI:
            self.init(contentType: "application/json; charset=utf-8", body: .bytes(PackageResources.openapi_json))
        }
    }
}

extension JSONEncoder {
    /// One that writes as a person would read it.
    static var forAnswers: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
#endif
