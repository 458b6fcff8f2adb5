internal import CircuitBreakers
internal import Foundation
internal import Supervision
internal import SupervisionAdmin

/// A program for the live page to show, with something of everything: many children, one that crashes again and again,
/// and two circuits, of which one opens when it is told to.
///
/// It takes `PORT` and `SUPERVISION_TOKEN`, or `SOCKET`, from the environment, prints its address, and does what the lines
/// of its standard input say: `fail`, `heal`, `burst 3000` (so many events), `quit`.
@main struct ShownProgram {
    static let sessionCount = 10_000
    /// Names that would do something on the page if they were taken for HTML.
    static let markup = "<img src=x onerror=alert(1)>"

    static func main() async throws {
        let runtime = Runtime()
        let upstream = Upstream()
        let root = try await tree(at: address, upstream).start(in: runtime)
        for _ in 1...sessionCount {
            try await ServerRef(.sessions, in: runtime).startChild("session", restart: .temporary) { Session() }
        }
        let location = try await ServerRef(.admin, in: runtime).call { $0.location }
        FileHandle.standardOutput.write(Data("\(location ?? "it listens nowhere")\n".utf8))
        for await line in lines {
            let words = line.split(separator: " ")
            switch words.first {
            case "fail": upstream.isFailing = true
            case "heal": upstream.isFailing = false
            case "burst":
                let count = words.dropFirst().first.flatMap { Int($0) } ?? 1
                for number in 0..<count { runtime.emit(Burst(number: number + 1, count: count)) }
            default: break
            }
            if words.first == "quit" { break }
        }
        try await root.stop()
    }

    private static var address: AdminAddress {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["SOCKET"] { return .unixSocket(path) }
        let port = environment["PORT"].flatMap { UInt16($0) } ?? 0
        return .tcp(port: port, token: .environment("SUPERVISION_TOKEN"))
    }

    static func tree(at address: AdminAddress, _ upstream: Upstream) -> Supervisor {
        let oftenEnough = RestartIntensity(1_000, within: .seconds(1))
        return Supervisor(intensity: oftenEnough) {
            Child(.admin) { AdminEndpoint(at: address) }
            Child(.circuitBreakers) {
                var policy = CircuitPolicy()
                policy.openDuration = .constant(.seconds(30))
                return CircuitBreakerServer(policy: policy)
            }
            Child("settings") { Settings() }
            Child(.sessions) { DynamicSupervisor() }
            Child("ingest") {
                Supervisor(intensity: oftenEnough) {
                    Worker("poller", backoff: .constant(.milliseconds(1_500))) {
                        try await Task.sleep(for: .milliseconds(300))
                        throw ConnectionLost(reason: markup)
                    }
                    Child("archive") { Settings() }
                }
            }
            Child(ChildID(markup)) { Settings() }
            Worker("traffic") { try await upstream.traffic() }
        }
    }

    /// Standard input, line by line. It is read on a thread of its own, since reading waits.
    private static var lines: AsyncStream<String> {
        AsyncStream { continuation in
            Thread.detachNewThread {
                while let line = readLine() { continuation.yield(line) }
                continuation.finish()
            }
        }
    }
}

extension ServerName where Server == AdminEndpoint {
    static var admin: Self { .init("admin") }
}

extension ServerName where Server == DynamicSupervisor {
    static var sessions: Self { .init("sessions") }
}

/// A server with nothing to do.
actor Settings: GenServer {}

/// Another one, of which there are many.
actor Session: GenServer {}

struct ConnectionLost: Error {
    let reason: String
}

/// One of many events that come at once.
struct Burst: RuntimeEvent {
    let number: Int
    let count: Int
    var level: EventLevel { .info }
    var description: String { "burst \(number) of \(count)" }
}
