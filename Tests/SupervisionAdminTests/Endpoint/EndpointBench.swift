#if Admin
import CircuitBreakers
import FlyingSocks
import Foundation
import Supervision
import SupervisionTesting
import Testing

@testable import SupervisionAdmin

struct Down: Error {}

actor Clerk: GenServer {
    struct Message: Sendable {}
    func handle(_ message: Message, _ context: ServerContext<Clerk>) {}
}

extension ServerName where Server == AdminEndpoint {
    static var admin: Self { .init("admin") }
}

extension ServerName where Server == DynamicSupervisor {
    static var sessions: Self { .init("sessions") }
}

/// A program with an endpoint, and what asks it.
struct EndpointBench: Sendable {
    let recorder = EventRecorder()
    let runtime: Runtime
    /// Short, as a socket's path may have 107 bytes.
    let folder = FileManager.default.temporaryDirectory.appending(path: "a\(UInt32.random(in: 0...UInt32.max))")

    init() throws {
        runtime = Runtime(events: recorder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    var socketPath: String { folder.appending(path: "s").path }

    /// Runs `body` beside a tree with circuits, two clerks and sessions.
    func run(
        at address: AdminAddress? = nil,
        allowsChanges: Bool = true,
        metrics: (@Sendable () async throws -> String)? = nil,
        limits: AdminConnection.Limits = .init(),
        _ body: @Sendable (EndpointBench) async throws -> Void
    ) async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let address = address ?? .unixSocket(socketPath)
        let tree = try await Supervisor {
            Child(.admin) {
                AdminEndpoint(at: address, allowsChanges: allowsChanges, metrics: metrics, limits: limits)
            }
            Child(.circuitBreakers) {
                var policy = CircuitPolicy()
                policy.trip = .consecutiveFailures(2)
                return CircuitBreakerServer(policy: policy)
            }
            Child("clerk") { Clerk() }
            Child(.sessions) { DynamicSupervisor() }
        }.start(in: runtime)
        do {
            try await body(self)
        } catch {
            try await tree.stop()
            throw error
        }
        try await tree.stop()
    }

    /// Has the circuit of a service opened by two failures.
    func openCircuit(_ service: ServiceName) async throws {
        await runtime.run {
            for _ in 0..<2 { try? await CircuitBreakerServer.call(service) { throw Down() } }
        }
    }

    // MARK: Asking

    struct Answer: Sendable {
        var status: Int
        var headers: [String: String]
        var body: String

        func json<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            try JSONDecoder().decode(type, from: Data(body.utf8))
        }

        var problem: Problem? { try? json() }
    }

    /// A connection to the endpoint.
    func connect() async throws -> AsyncSocket {
        let location = try #require(try await ServerRef(.admin, in: runtime).call { $0.location })
        let pool = DispatchSockets()
        if location.hasPrefix("/") {
            return try await AsyncSocket.connected(to: sockaddr_un.unix(path: location), pool: pool)
        }
        let port = try #require(location.split(separator: ":").last.flatMap { UInt16($0) })
        return try await AsyncSocket.connected(to: sockaddr_in.inet(ip4: "127.0.0.1", port: port), pool: pool)
    }

    func ask(
        _ method: String,
        _ target: String,
        headers: [String: String] = [:],
        body: String? = nil
    ) async throws -> Answer {
        var headers = headers
        if headers["Host"] == nil { headers["Host"] = "localhost" }
        if let body {
            headers["Content-Length"] = "\(body.utf8.count)"
            if headers["Content-Type"] == nil { headers["Content-Type"] = "application/json" }
        }
        let lines = headers.map { "\($0): \($1)\r\n" }.sorted().joined()
        return try await send("\(method) \(target) HTTP/1.1\r\n\(lines)\r\n\(body ?? "")")
    }

    func get(_ target: String, headers: [String: String] = [:]) async throws -> Answer {
        try await ask("GET", target, headers: headers)
    }

    func post(_ target: String, _ body: String? = nil, headers: [String: String] = [:]) async throws -> Answer {
        try await ask("POST", target, headers: headers, body: body)
    }

    /// Sends bytes as they are, and reads up to the end.
    func send(_ text: String) async throws -> Answer {
        let socket = try await connect()
        defer { try? socket.close() }
        // An endpoint that has heard enough may close before it has taken all.
        try? await socket.write(Data(text.utf8))
        return try await Self.answer(from: socket)
    }

    static func answer(from socket: AsyncSocket) async throws -> Answer {
        var bytes: [UInt8] = []
        do {
            while true { bytes += try await socket.read(atMost: 4_096) }
        } catch SocketError.disconnected {
            // That was all.
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let end = try #require(text.range(of: "\r\n\r\n"), "\(text)")
        var lines = text[..<end.lowerBound].split(separator: "\r\n").map(String.init)
        let status = try #require(lines.removeFirst().split(separator: " ").dropFirst().first.flatMap { Int($0) })
        var headers: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        return Answer(status: status, headers: headers, body: String(text[end.upperBound...]))
    }
}

/// The events of a connection, one by one.
struct EventConnection {
    let socket: AsyncSocket
    private var buffer = ""

    init(_ bench: EndpointBench, _ query: String = "") async throws {
        socket = try await bench.connect()
        try await socket.write(Data("GET /events\(query) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        let head = try await next()
        #expect(head.hasPrefix("HTTP/1.1 200"), "\(head)")
        buffer = buffer.replacing("\r\n", with: "\n")
    }

    /// The next frame, or the head.
    mutating func next() async throws -> String {
        while true {
            for end in ["\r\n\r\n", "\n\n"] {
                guard let range = buffer.range(of: end) else { continue }
                defer { buffer.removeSubrange(..<range.upperBound) }
                return String(buffer[..<range.lowerBound])
            }
            buffer += String(decoding: try await socket.read(atMost: 4_096), as: UTF8.self)
        }
    }

    /// The next event of those that `matches` is true of.
    mutating func next(_ matches: (EventRecord) -> Bool) async throws -> EventRecord {
        while true {
            guard let data = try await next().split(separator: "\n").first(where: { $0.hasPrefix("data: ") }) else {
                continue
            }
            let json = Data(data.dropFirst("data: ".count).utf8)
            guard let record = try? JSONDecoder().decode(EventRecord.self, from: json) else { continue }
            if matches(record) { return record }
        }
    }
}
#endif
