#if Admin
import FlyingSocks
import SupervisionAdmin
import Foundation
import Synchronization

/// A server on a Unix socket that answers each connection with the next of some texts, and keeps what it was asked.
struct ScriptedServer: Sendable {
    let path: String
    private let requests: Requests

    private final class Requests: Sendable {
        let heads = Mutex<[String]>([])
    }

    /// The requests so far, as they came.
    var asked: [String] { requests.heads.withLock { $0 } }

    /// Runs `body` with a server that gives these answers, one for each connection, in pieces of `piece` bytes.
    static func with<Value>(
        _ answers: [String],
        piece: Int = 4096,
        _ body: (ScriptedServer) async throws -> Value
    ) async throws -> Value {
        try await with(piece: piece, answering: { number, _ in number < answers.count ? answers[number] : nil }, body)
    }

    /// Runs `body` with a server that answers a request by its number and its head; with nil it takes no more.
    static func with<Value>(
        piece: Int = 4096,
        answering next: @escaping @Sendable (Int, String) -> String?,
        _ body: (ScriptedServer) async throws -> Value
    ) async throws -> Value {
        let path = "/tmp/ctl-\(UUID().uuidString.prefix(8)).sock"
        let socket = try Socket(domain: AF_UNIX, type: .stream)
        let server = ScriptedServer(path: path, requests: Requests())
        defer {
            try? socket.close()
            try? Socket.unlink(.unix(path: path))
        }
        try socket.bind(to: sockaddr_un.unix(path: path))
        try socket.listen()
        let listener = try AsyncSocket(socket: socket, pool: DispatchSockets())
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.serve(listener, next, piece) }
            defer { group.cancelAll() }
            return try await body(server)
        }
    }

    /// Runs `body` with a socket that takes connections and never answers.
    static func withSilence(_ body: (String) async throws -> Void) async throws {
        let path = "/tmp/ctl-\(UUID().uuidString.prefix(8)).sock"
        let socket = try Socket(domain: AF_UNIX, type: .stream)
        defer {
            try? socket.close()
            try? Socket.unlink(.unix(path: path))
        }
        try socket.bind(to: sockaddr_un.unix(path: path))
        try socket.listen()
        try await body(path)
    }

    private func serve(_ listener: AsyncSocket, _ next: @Sendable (Int, String) -> String?, _ piece: Int) async throws {
        while true {
            let connection = try await listener.accept()
            defer { try? connection.close() }
            var request: [UInt8] = []
            while !Self.isComplete(request) { request += try await connection.read(atMost: 4096) }
            let text = String(decoding: request, as: UTF8.self)
            let number = requests.heads.withLock { heads in
                heads.append(text)
                return heads.count - 1
            }
            guard let answer = next(number, text) else { return }
            var rest = Array(answer.utf8)[...]
            while !rest.isEmpty {
                try await connection.write(Data(rest.prefix(piece)))
                rest = rest.dropFirst(piece)
            }
        }
    }

    private static func isComplete(_ request: [UInt8]) -> Bool {
        let text = String(decoding: request, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return false }
        let length = text.range(of: "Content-Length: ").map { text[$0.upperBound...].prefix(while: \.isNumber) }
        return text[end.upperBound...].utf8.count >= length.flatMap { Int($0) } ?? 0
    }
}

/// A response as the endpoint sends it.
func answer(_ status: Int, _ body: String, type: String = "application/json; charset=utf-8") -> String {
    "HTTP/1.1 \(status) Words\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
}

func refusal(_ status: Int, _ detail: String, known: [String]? = nil) -> String {
    let names = known.map { #","known":[\#($0.map { "\"\($0)\"" }.joined(separator: ","))]"# } ?? ""
    let body = #"{"type":"about:blank","title":"No","status":\#(status),"detail":"\#(detail)"\#(names)}"#
    return answer(status, body, type: "application/problem+json")
}
#endif
