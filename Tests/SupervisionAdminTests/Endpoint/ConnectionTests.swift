#if Admin
import CircuitBreakers
import FlyingSocks
import Foundation
import Supervision
import SupervisionTesting
import Testing

@testable import SupervisionAdmin

@Suite("How the endpoint is reached, and who gets in", .timeLimit(.minutes(1)))
struct ConnectionTests {
    let bench: EndpointBench

    init() throws { bench = try EndpointBench() }

    private func tokenFile(_ content: String) throws -> AdminToken {
        let file = bench.folder.appending(path: "token of \(content.utf8.count)")
        try content.write(to: file, atomically: true, encoding: .utf8)
        return .file(file.path)
    }

    @Test("only the program's own user can connect to the socket, which goes with the endpoint")
    func permissions() async throws {
        try await bench.run { bench in
            let attributes = try FileManager.default.attributesOfItem(atPath: bench.socketPath)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(try await bench.get("/livez").body == #"{"status":"live"}"#)
        }
        #expect(!FileManager.default.fileExists(atPath: bench.socketPath))
    }

    @Test("other permissions hold when they are asked for")
    func groupPermissions() async throws {
        try await bench.run(at: .unixSocket(bench.socketPath, permissions: 0o660)) { bench in
            let attributes = try FileManager.default.attributesOfItem(atPath: bench.socketPath)
            #expect(attributes[.posixPermissions] as? Int == 0o660)
        }
    }

    @Test("over TCP nothing is read or changed without the token")
    func token() async throws {
        let token = try tokenFile("0123456789abcdef\nsecond line\n")
        try await bench.run(at: .tcp(port: 0, token: token)) { bench in
            try await bench.openCircuit("user-api")
            for headers in [[:], ["Authorization": "Bearer 0123456789abcdeX"]] {
                for target in [
                    "/tree", "/circuits", "/circuits/user-api", "/servers/app/clerk", "/events", "/metrics", "/no",
                ] {
                    let answer = try await bench.get(target, headers: headers)
                    #expect(answer.status == 401, "\(target)")
                    #expect(answer.headers["www-authenticate"] == "Bearer")
                    #expect(!answer.body.contains("user-api"))
                }
                for target in ["/circuits/user-api/reset", "/children/app/clerk/restart", "/messages"] {
                    #expect(try await bench.post(target, "{}", headers: headers).status == 401, "\(target)")
                }
            }
            let headers = ["Authorization": "Bearer 0123456789abcdef"]
            let report: CircuitReport = try await bench.get("/circuits/user-api", headers: headers).json()
            #expect(report.figures.state == .open)
            #expect(try await bench.post("/circuits/user-api/reset", headers: headers).status == 200)
            for target in ["/", "/page.js", "/openapi.json", "/livez", "/readyz"] {
                #expect(try await bench.get(target).status == 200, "\(target)")
            }
            let audit = try #require(bench.recorder.events.compactMap { $0 as? AdminAudit }.first)
            #expect(audit.origin.hasPrefix("127.0.0.1:"))
            #expect(!bench.recorder.lines.contains { $0.contains("0123456789abcdef") })
        }
    }

    @Test("a token that is missing or easily guessed keeps the endpoint from starting")
    func noToken() async throws {
        for (token, words) in [
            (AdminToken.environment("NO_SUCH_VARIABLE"), "NO_SUCH_VARIABLE is not set"),
            (.file("/no/such/file"), "cannot be read"), (try tokenFile("short\n"), "has 5 characters"),
            (try tokenFile("\n"), "has 0 characters"),
        ] {
            let endpoint = AdminEndpoint(at: .tcp(port: 0, token: token))
            let error = await #expect(throws: (any Error).self) {
                try await Supervisor { Child(.admin) { endpoint } }.start(in: bench.runtime)
            }
            #expect("\(try #require(error))".contains(words), "\(error.map { "\($0)" } ?? "")")
        }
    }

    @Test("an address that cannot be had is said to be so, with what to do")
    func unusable() async throws {
        let token = try tokenFile("0123456789abcdef")
        let file = bench.folder.appending(path: "file").path
        try Data().write(to: URL(filePath: file))
        for (address, words) in [
            (AdminAddress.unixSocket("/no/such/folder/s"), "Is its folder there"),
            (.unixSocket(String(repeating: "x", count: 108)), "at most 107 bytes"),
            (.unixSocket(file), "which is no socket"),
            (.tcp(port: 0, token: token, host: "0.0.0.0"), "isOpenToNetwork"),
            (.tcp(port: 0, token: token, host: "203.0.113.1", isOpenToNetwork: true), "no address of this machine"),
            (.tcp(port: 0, token: token, host: "localhost"), "no address of the loopback interface"),
        ] {
            let error = await #expect(throws: (any Error).self) {
                try await Supervisor { Child(.admin) { AdminEndpoint(at: address) } }.start(in: bench.runtime)
            }
            #expect("\(try #require(error))".contains(words), "\(error.map { "\($0)" } ?? "")")
        }
        #expect(FileManager.default.fileExists(atPath: file))
    }

    @Test("a socket that a killed program has left is replaced; one that is in use is not")
    func staleSocket() async throws {
        let left = try Socket(domain: AF_UNIX, type: .stream)
        try left.bind(to: sockaddr_un.unix(path: bench.socketPath))
        try left.listen()
        let other = AdminEndpoint(at: .unixSocket(bench.socketPath))
        let error = await #expect(throws: (any Error).self) {
            try await Supervisor { Child(.admin) { other } }.start(in: bench.runtime)
        }
        #expect("\(try #require(error))".contains("another program answers there"))
        try left.close()
        try await bench.run { bench in
            let status = try await bench.get("/livez").status
            #expect(status == 200)
        }
    }

    @Test("R8 an endpoint that is restarted answers at the same place")
    func restarts() async throws {
        try await bench.run { bench in
            let ref = ServerRef(.admin, in: bench.runtime)
            for life in 2...4 {
                ref.exit(.error(Down()))
                await bench.recorder.waitFor(line: "app/admin restarted, life \(life)")
                let status = try await bench.get("/livez").status
                #expect(status == 200)
            }
        }
    }

    @Test("R50 it stops at once, also when nothing has happened for a long time")
    func stopsWhenIdle() async throws {
        try await bench.run { bench in
            var reader = try await EventConnection(bench, "?after=0&type=supervision")
            _ = try await reader.next { $0.path == "app/sessions" }
            // All that has happened is filed, and nothing more happens until the child has stopped.
            try await ServerRef(.app, in: bench.runtime).terminateChild("admin")
            try reader.socket.close()
            let crashes = bench.recorder.lines.filter { $0.contains("did not stop") }
            #expect(crashes.isEmpty)
        }
    }

    @Test("it is ready when all children run, and not while they start or stop")
    func readiness() async throws {
        defer { try? FileManager.default.removeItem(at: bench.folder) }
        let (begin, end) = (Gate(), Gate())
        let address = AdminAddress.unixSocket(bench.socketPath)
        async let start = Supervisor {
            Child(.admin) { AdminEndpoint(at: address) }
            Child("slow", shutdown: .infinity) { Slow(begin: begin, end: end) }
        }.start(in: bench.runtime)
        await begin.waitUntilSomebodyWaits()
        #expect(try await bench.get("/readyz").body == #"{"status":"starting"}"#)
        #expect(try await bench.get("/readyz").status == 503)
        begin.open()
        let tree = try await start
        #expect(try await bench.get("/readyz").body == #"{"status":"ready"}"#)
        async let stop: Void = tree.stop()
        await end.waitUntilSomebodyWaits()
        let draining = try await bench.get("/readyz")
        #expect(draining.body == #"{"status":"draining"}"#)
        #expect(draining.status == 503)
        end.open()
        try await stop
    }

    @Test("a request that does not come whole in time is refused, and holds nobody up")
    func slowRequest() async throws {
        var limits = AdminConnection.Limits()
        limits.request = .milliseconds(50)
        try await bench.run(limits: limits) { bench in
            let slow = try await bench.connect()
            try await slow.write(Data("GET /tree HTTP/1.1\r\nHo".utf8))
            #expect(try await bench.get("/livez").status == 200)
            #expect(try await EndpointBench.answer(from: slow).status == 408)
            try slow.close()
        }
    }

    @Test("a client that sends more than is taken gets to read why")
    func tooMuch() async throws {
        try await bench.run { bench in
            let long = String(repeating: "x", count: 500_000)
            let head = try await bench.send("GET /\(long) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(head.status == 431)
            #expect(try await bench.post("/messages", long).status == 413)
            let two = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
            #expect(try await bench.send(two + two).status == 200)
        }
    }

    @Test("a reader of events is given signs of life, and those of the past when it asks for them")
    func events() async throws {
        var limits = AdminConnection.Limits()
        limits.heartbeat = .milliseconds(20)
        try await bench.run(limits: limits) { bench in
            var reader = try await EventConnection(bench, "?after=0&type=supervision")
            let started = try await reader.next { $0.path == "app/clerk" }
            #expect(started.text == "app/clerk started")
            #expect(started.type == .supervision)
            var sign = try await reader.next()
            while sign != ": " { sign = try await reader.next() }
            var resumed = try await EventConnection(bench, "?after=\(started.id)&type=supervision")
            #expect(try await resumed.next { _ in true }.path == "app/sessions")
            try reader.socket.close()
            try resumed.socket.close()
        }
    }

    @Test("what readers do not take stops nobody: the program ends with them connected")
    func asleep() async throws {
        let readers = SleepingReaders()
        try await bench.run { bench in
            for _ in 0..<50 { try await readers.add(bench) }
            for number in 0..<200 { try await bench.openCircuit(ServiceName("service-\(number)")) }
            #expect(try await bench.get("/circuits").status == 200)
        }
        await readers.close()
    }
}

/// Readers of events that ask, and then read nothing.
private actor SleepingReaders {
    private var sockets: [AsyncSocket] = []

    func add(_ bench: EndpointBench) async throws {
        let socket = try await bench.connect()
        sockets.append(socket)
        try await socket.write(Data("GET /events?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
    }

    func close() {
        for socket in sockets { try? socket.close() }
    }
}

/// Waits in its start and in its end.
private actor Slow: GenServer {
    struct Message: Sendable {}
    let begin: Gate
    let end: Gate

    init(begin: Gate, end: Gate) {
        self.begin = begin
        self.end = end
    }

    func started(_ context: ServerContext<Slow>) async { await begin.wait() }
    func handle(_ message: Message, _ context: ServerContext<Slow>) {}
    func terminate(reason: ExitReason) async { await end.wait() }
}

/// Holds up who waits until it is opened.
private final class Gate: Sendable {
    private let waits = AsyncStream.makeStream(of: Void.self)
    private let opened = AsyncStream.makeStream(of: Void.self)

    func wait() async {
        waits.continuation.yield()
        for await _ in opened.stream { return }
    }

    func waitUntilSomebodyWaits() async {
        for await _ in waits.stream { return }
    }

    func open() { opened.continuation.yield() }
}
#endif
