import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: what is told of a crash")
struct CrashReportTests {
    /// A server whose messages and state are nobody's business.
    actor Vault: GenServer {
        enum Message: Sendable {
            case open(code: String)
        }
        enum Description: Sendable {
            case none, told, failing
        }
        let gold = "nine bars"
        let description: Description

        init(_ description: Description) {
            self.description = description
        }

        func handle(_ message: Message, _ context: ServerContext<Vault>) throws {
            throw Mishap("jammed")
        }

        func stateDescription() throws -> String? {
            switch description {
            case .none: nil
            case .told: gold
            case .failing: throw Mishap(gold)
            }
        }
    }

    let recorder = EventRecorder()
    let runtime: Runtime
    let vault: ServerRef<Vault>

    init() {
        runtime = Runtime(clock: ManualClock(), events: recorder)
        vault = ServerRef(ServerName("vault"), in: runtime)
    }

    func start(
        _ description: Vault.Description = .told,
        revealing data: RevealedData = []
    ) async throws -> ServerRef<Supervisor> {
        try await Supervisor {
            Child(ServerName<Vault>("vault"), restart: .transient) { Vault(description) }.revealing(data)
            Child(ServerName<Probe>("teller")) { Probe("teller") }
        }.start(in: runtime)
    }

    /// What was told of the crash that comes first.
    func report() async -> CrashReport? {
        await recorder.waitFor { ($0 as? SupervisionEvent)?.crash != nil }
        return recorder.events.lazy.compactMap { ($0 as? SupervisionEvent)?.crash }.first
    }

    @Test("C-V14 G12 S13 the report of a crash names the message's type, and tells neither message nor state")
    func hidden() async throws {
        let tree = try await start()
        vault.cast(.open(code: "4711"))
        let report = try #require(await report())
        #expect(report.message == "cast Message")
        #expect(report.client == nil)
        #expect(report.contents == nil)
        #expect(report.state == nil)
        try await tree.stop(.shutdown)
        for event in recorder.events {
            let text = "\(event) \(event.details ?? "")"
            #expect(!text.contains("4711") && !text.contains("nine bars"))
        }
    }

    @Test("C-V14 G12 S13 a child that opts in has its last message and its state told")
    func revealed() async throws {
        let tree = try await start(revealing: [.lastMessage, .state])
        vault.cast(.open(code: "4711"))
        let report = try #require(await report())
        #expect(report.contents == #"open(code: "4711")"#)
        #expect(report.state == "nine bars")
        #expect("\(report)" == #"it was at cast Message: open(code: "4711"); its state was nine bars"#)
        try await tree.stop(.shutdown)
    }

    @Test("C-V14 G12 a state that cannot be described leaks nothing, and the crash is told all the same")
    func failingDescription() async throws {
        let tree = try await start(.failing, revealing: .state)
        vault.cast(.open(code: "4711"))
        let report = try #require(await report())
        #expect(report.state == "(could not be described)")
        #expect(recorder.events.allSatisfy { !"\($0) \($0.details ?? "")".contains("nine bars") })
        try await tree.stop(.shutdown)
    }

    @Test("G12 a call that crashes the server is told with its type and the server that made it")
    func client() async throws {
        let tree = try await start(revealing: [.lastMessage, .state])
        let teller = ServerRef(ServerName<Probe>("teller"), in: runtime)
        await #expect(throws: ServerError.self) {
            try await teller.call { [vault] _ async throws -> Int in
                try await vault.call { _ -> Int in throw Exit(.error(Mishap("drilled"))) }
            }
        }
        let report = try #require(await report())
        #expect(report.message == "call for Int")
        #expect(report.client == "app/teller")
        #expect(report.contents == nil)
        try await tree.stop(.shutdown)
    }

    @Test("G12 a clean end brings no report of a message")
    func cleanEnd() async throws {
        let tree = try await start(revealing: [.lastMessage, .state])
        await #expect(throws: ServerError.self) { try await vault.call { _ in throw Exit(.normal) } }
        await recorder.waitFor(line: "app/vault ended (normal); stays down")
        #expect(recorder.events.allSatisfy { $0.details == nil })
        try await tree.stop(.shutdown)
    }
}
