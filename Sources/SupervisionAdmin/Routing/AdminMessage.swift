#if Admin
internal import CircuitBreakers
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// What an operator asks for that may change something, and can come as JSON.
enum AdminMessage: Sendable {
    case circuits(CircuitBreakerServer.AdminMessage)
    case tree(TreeMessage)

    /// Whether anything may be different afterwards.
    var isChange: Bool {
        switch self {
        case .circuits(.state), .circuits(.states): false
        case .circuits, .tree: true
        }
    }
}

/// What an operator asks of a child or its supervisor.
///
/// ```json
/// {"message":"restartChild","path":"app/users"}
/// {"message":"observe","path":"app/users","log":20,"trace":true}
/// ```
enum TreeMessage: Sendable, Hashable {
    case restartChild(path: String)
    case terminateChild(path: String)
    case suspend(path: String)
    case resume(path: String)
    case observe(path: String, log: Int, trace: Bool)
    case stopObserving(path: String)

    var path: String {
        switch self {
        case .restartChild(let path), .terminateChild(let path), .suspend(let path), .resume(let path),
            .observe(let path, _, _), .stopObserving(let path):
            path
        }
    }

    /// The most messages that are kept of one server.
    static let longestLog = 1_000
}

extension TreeMessage: Decodable {
    private enum Key: String, CodingKey {
        case message, path, log, trace
    }

    enum Name: String, CaseIterable {
        case restartChild, terminateChild, suspend, resume, observe, stopObserving
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let name = Name(rawValue: try container.decode(String.self, forKey: .message))
        let path = try container.decode(String.self, forKey: .path)
        switch name {
        case .restartChild: self = .restartChild(path: path)
        case .terminateChild: self = .terminateChild(path: path)
        case .suspend: self = .suspend(path: path)
        case .resume: self = .resume(path: path)
        case .observe:
            let log = try container.decodeIfPresent(Int.self, forKey: .log) ?? 10
            guard (0...Self.longestLog).contains(log) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .log,
                    in: container,
                    debugDescription: "log is \(log); expected is a number from 0 to \(Self.longestLog)"
                )
            }
            self = .observe(
                path: path,
                log: log,
                trace: try container.decodeIfPresent(Bool.self, forKey: .trace) ?? false
            )
        case .stopObserving: self = .stopObserving(path: path)
        case nil:
            throw DecodingError.dataCorruptedError(forKey: .message, in: container, debugDescription: "unknown message")
        }
    }
}

extension AdminMessage {
    /// The message in the body of a request.
    init(json request: Request) throws(Problem) {
        let type = request.headers["content-type"]?.split(separator: ";").first.map { $0.lowercased() } ?? "nothing"
        guard type.filter({ $0 != " " }) == "application/json" else {
            throw Problem(
                .mediaTypeNotSupported,
                "the body is said to be \(type.shortened); send JSON, with 'Content-Type: application/json'"
            )
        }
        struct Named: Decodable { var message: String }
        let data = Data(request.body)
        do {
            let name = try JSONDecoder().decode(Named.self, from: data).message
            if TreeMessage.Name(rawValue: name) != nil {
                self = .tree(try JSONDecoder().decode(TreeMessage.self, from: data))
            } else {
                self = .circuits(try JSONDecoder().decode(CircuitBreakerServer.AdminMessage.self, from: data))
            }
        } catch {
            let trees = TreeMessage.Name.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(
                .badRequest,
                """
                the body is no message: \(Self.words(of: error)); expected is one such as \
                {"message":"reset","service":"user-api"}; those of the tree are \(trees)
                """
            )
        }
    }

    private static func words(of error: any Error) -> String {
        guard let error = error as? DecodingError else { return "it cannot be read" }
        switch error {
        case .dataCorrupted(let context): return context.debugDescription
        case .keyNotFound(let key, _): return "'\(key.stringValue)' is missing"
        case .valueNotFound(_, let context), .typeMismatch(_, let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return "'\(path)': \(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }
}

extension AdminMessage: CustomStringConvertible {
    /// What is asked for, as an audit event says it.
    var description: String {
        switch self {
        case .circuits(let message): message.words
        case .tree(.restartChild(let path)): "restart '\(path)'"
        case .tree(.terminateChild(let path)): "terminate '\(path)'"
        case .tree(.suspend(let path)): "suspend '\(path)'"
        case .tree(.resume(let path)): "resume '\(path)'"
        case .tree(.observe(let path, let log, let trace)):
            "observe '\(path)', with \(log) messages kept\(trace ? " and each step told" : "")"
        case .tree(.stopObserving(let path)): "observe '\(path)' no longer"
        }
    }
}

extension CircuitBreakerServer.AdminMessage {
    /// Which circuit it is about; nil for all of them.
    var service: ServiceName? {
        switch self {
        case .states, .resetAll: nil
        case .state(let service), .reset(let service), .forceOpen(let service), .disable(let service),
            .metricsOnly(let service), .enable(let service), .injectFaults(let service, _), .configure(let service, _),
            .remove(let service):
            service
        }
    }

    fileprivate var words: String {
        switch self {
        case .state(let service): "tell the state of circuit '\(service)'"
        case .states: "tell the states of all circuits"
        case .reset(let service): "reset circuit '\(service)'"
        case .resetAll: "reset all circuits"
        case .forceOpen(let service): "force circuit '\(service)' open"
        case .disable(let service): "disable circuit '\(service)'"
        case .metricsOnly(let service): "only measure circuit '\(service)'"
        case .enable(let service): "enable circuit '\(service)'"
        case .injectFaults(let service, nil): "end the faults of circuit '\(service)'"
        case .injectFaults(let service, _?): "inject faults into circuit '\(service)'"
        case .configure(let service, _): "change the settings of circuit '\(service)'"
        case .remove(let service): "remove circuit '\(service)'"
        }
    }
}
#endif
