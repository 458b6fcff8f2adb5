#if Admin
import CircuitBreakers
import Foundation
import Supervision
import SupervisionAdmin
import SupervisionTesting
import Testing

@testable import supervisionctl

@Suite("supervisionctl and a running program")
struct EndToEndTests {
    private struct Broken: Error {}

    private actor Users: GenServer {
        enum Message { case fail }
        func handle(_ message: Message, _ context: ServerContext<Users>) throws { throw Broken() }
    }

    /// Runs `body` beside a program whose circuit `user-api` is open.
    private func withProgram(
        allowsChanges: Bool = true,
        _ body:
            @Sendable (@Sendable ([String]) async -> (code: Int32, console: ScriptedConsole), EventRecorder)
            async throws -> Void
    ) async throws {
        let path = "/tmp/ctl-\(UUID().uuidString.prefix(8)).sock"
        let recorder = EventRecorder()
        let runtime = Runtime(events: recorder)
        try await runtime.run {
            let tree = try await Supervisor {
                Child("admin") { AdminEndpoint(at: .unixSocket(path), allowsChanges: allowsChanges) }
                Child(.circuitBreakers) { CircuitBreakerServer() }
                Child("users") { Users() }
            }.start(in: runtime)
            for _ in 1...5 {
                await #expect(throws: Broken.self) {
                    try await CircuitBreakerServer.call("user-api") { throw Broken() }
                }
            }
            try await body(
                { arguments in
                    let console = ScriptedConsole()
                    let code = await Supervisionctl.execute(arguments + ["--socket", path], console)
                    return (code, console)
                },
                recorder
            )
            try await tree.stop()
        }
    }

    @Test("A circuit that a failing upstream has opened is seen and reset")
    func reset() async throws {
        try await withProgram { run, recorder in
            let circuits = await run(["circuits", "--check"])
            #expect(circuits.code == 2, "\(circuits.console.errors)")
            #expect(circuits.console.lines.first == "circuits: unhealthy; 1 open (user-api)")
            #expect(await run(["state", "user-api", "--check"]).code == 2)
            let unknown = await run(["reset", "usr-api"])
            #expect(unknown.code == 1)
            #expect(unknown.console.errors.last == "Did you mean: user-api?")
            let reset = await run(["reset", "user-api"])
            #expect(reset.code == 0)
            #expect(reset.console.output == "user-api: reset\n")
            #expect(await run(["circuits", "--check"]).code == 0)
            #expect(recorder.lines.contains { $0.contains("reset circuit 'user-api'") })
        }
    }

    @Test("Every change that there is of a circuit is made, and told as JSON when that is asked for")
    func changes() async throws {
        try await withProgram { run, _ in
            for (command, state) in [
                ("open", "forced open"), ("enable", "closed"), ("disable", "disabled"), ("measure", "only measured"),
                ("reset", "closed"),
            ] {
                let change = await run([command, "user-api", "--json"])
                #expect(change.code == 0)
                #expect(change.console.output == "{\"reply\":\"done\"}\n")
                let lines = await run(["state", "user-api"]).console.lines
                #expect(lines.contains { $0.hasPrefix("state") && $0.contains(state) }, "\(command)")
            }
            #expect(await run(["reset", "--all"]).code == 0)
            let states = await run(["message", #"{"message":"states"}"#])
            #expect(states.console.output.contains(#""service":"user-api""#))
        }
    }

    @Test("A child is found by its path, looked into, restarted and ended")
    func child() async throws {
        try await withProgram { run, _ in
            let tree = await run(["tree"])
            #expect(tree.code == 0, "\(tree.console.errors)")
            #expect(tree.console.lines.contains { $0.hasPrefix("└─ users") && $0.contains("running") })
            let observe = #"{"message":"observe","path":"app/users","log":5}"#
            #expect(await run(["message", observe]).code == 0)
            let server = await run(["server", "app/users"])
            #expect(server.console.lines.contains { $0.hasPrefix("observed for") }, "\(server.console.output)")
            let unknown = await run(["restart", "app/usres"])
            #expect(unknown.code == 1)
            #expect(unknown.console.errors.last == "Did you mean: app/users?")
            #expect(await run(["restart", "app/users"]).code == 0)
            #expect(await run(["terminate", "app/users"]).code == 0)
            let stopped = await run(["tree", "app/users"])
            #expect(stopped.console.lines.last?.contains("stopped") == true)
            let own = await run(["terminate", "app/admin"])
            #expect(own.code == 1)
            #expect(own.console.errors.first?.contains("this endpoint") == true)
        }
    }

    @Test("What has happened is shown as lines; top shows what there is")
    func events() async throws {
        try await withProgram { run, _ in
            let top = await run(["top", "--count", "1"])
            #expect(top.code == 0, "\(top.console.errors)")
            #expect(top.console.lines.contains { $0.hasPrefix("user-api") && $0.contains("open") })
        }
    }

    @Test("Where changes are switched off all can be looked at, and nothing changed")
    func noChanges() async throws {
        try await withProgram(allowsChanges: false) { run, _ in
            #expect(await run(["tree"]).code == 0)
            let reset = await run(["reset", "user-api"])
            #expect(reset.code == 1)
            #expect(reset.console.errors.first?.contains("switched off") == true)
            #expect(await run(["circuits", "--check"]).code == 2)
        }
    }
}
#endif
