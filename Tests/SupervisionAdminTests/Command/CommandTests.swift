#if Admin
import Foundation
import Testing

@testable import supervisionctl

@Suite("supervisionctl's commands and exit codes")
struct CommandTests {
    private func run(
        _ arguments: [String],
        _ answers: [String],
        piece: Int = 4096,
        _ console: ScriptedConsole = ScriptedConsole()
    ) async throws -> (code: Int32, console: ScriptedConsole, asked: [String]) {
        try await ScriptedServer.with(answers, piece: piece) { server in
            let code = await Supervisionctl.execute(arguments + ["--socket", server.path], console)
            return (code, console, server.asked.map { String($0.prefix { !$0.isNewline }) })
        }
    }

    @Test(
        "Each command sends its request",
        arguments: [
            (["tree"], "GET /tree HTTP/1.1", Examples.treeJSON),
            (
                ["tree", "app/a b", "--depth", "2", "--limit", "5", "--from", "app/a b/c"],
                "GET /tree?path=app%2Fa%20b&depth=2&limit=5&from=app%2Fa%20b%2Fc HTTP/1.1", Examples.treeJSON
            ),
            (["circuits"], "GET /circuits HTTP/1.1", Examples.circuitsJSON),
            (["state", "user-api"], "GET /circuits/user-api HTTP/1.1", Examples.circuitJSON),
            (["reset", "a/b"], "POST /circuits/a%2Fb/reset HTTP/1.1", #"{"reply":"done"}"#),
            (["reset", "--all"], "POST /messages HTTP/1.1", #"{"reply":"done"}"#),
            (["open", "x"], "POST /circuits/x/open HTTP/1.1", #"{"reply":"done"}"#),
            (["disable", "x"], "POST /circuits/x/disable HTTP/1.1", #"{"reply":"done"}"#),
            (["enable", "x"], "POST /circuits/x/enable HTTP/1.1", #"{"reply":"done"}"#),
            (["measure", "x"], "POST /circuits/x/measure HTTP/1.1", #"{"reply":"done"}"#),
            (["restart", "app/x"], "POST /children/app%2Fx/restart HTTP/1.1", #"{"reply":"done"}"#),
            (["terminate", "app/x"], "POST /children/app%2Fx/terminate HTTP/1.1", #"{"reply":"done"}"#),
            (["message", #"{"message":"states"}"#], "POST /messages HTTP/1.1", #"{"reply":"states","states":[]}"#),
        ]
    )
    func requests(arguments: [String], request: String, body: String) async throws {
        let plain = try await run(arguments, [answer(200, body)], piece: 1)
        #expect(plain.code == 0, "\(plain.console.errors)")
        #expect(plain.asked == [request])
        #expect(!plain.console.output.isEmpty)
        #expect(plain.console.lines.allSatisfy { $0.columns <= 80 })
        let json = try await run(arguments + ["--json"], [answer(200, body)])
        #expect(json.code == 0)
        #expect(json.console.output == body + "\n")
        _ = try JSONSerialization.jsonObject(with: Data(json.console.output.utf8))
    }

    @Test("1 when the endpoint refuses, with its words and the near names")
    func refused() async throws {
        let detail = "there is no circuit 'usr-api'; near ones: user-api"
        let unknown = try await run(["state", "usr-api"], [refusal(404, detail, known: ["user-api", "billing"])])
        #expect(unknown.code == 1)
        #expect(unknown.console.output == "")
        #expect(unknown.console.errors == ["supervisionctl: \(detail)", "Did you mean: user-api?"])

        let path = try await run(["restart", "app/usres"], [refusal(404, "no", known: ["app/users", "app/mail"])])
        #expect(path.console.errors.last == "Did you mean: app/users?")

        let far = try await run(["state", "zzz"], [refusal(404, "no", known: ["user-api", "billing"])])
        #expect(far.console.errors.last == "There are: user-api, billing")

        let conflict = try await run(["terminate", "app/x"], [refusal(409, "it is not running\\u001b[2J")])
        #expect(conflict.code == 1)
        #expect(conflict.console.errors == ["supervisionctl: it is not running\u{FFFD}[2J"])

        let token = try await run(["circuits"], [refusal(401, "a token is needed")])
        #expect(token.code == 1)
        #expect(token.console.errors.last?.contains("--token-file") == true)

        let stream = try await run(["events"], [refusal(403, "not from here")])
        #expect(stream.code == 1)
        #expect(stream.console.errors == ["supervisionctl: not from here"])
    }

    @Test("2 only with --check, and only for an unhealthy circuit; what there is was written before")
    func check() async throws {
        let open = try await run(["circuits", "--check"], [answer(200, Examples.circuitsJSON)])
        #expect(open.code == 2)
        #expect(open.console.output.contains("user-api"))
        #expect(open.console.errors == [])
        #expect(try await run(["circuits"], [answer(200, Examples.circuitsJSON)]).code == 0)
        #expect(try await run(["state", "x", "--check"], [answer(200, Examples.circuitJSON)]).code == 2)
        let closed = Examples.circuitJSON.replacing(#""state":"open""#, with: #""state":"halfOpen""#)
        #expect(try await run(["state", "x", "--check"], [answer(200, closed)]).code == 0)
        let none = #"{"health":"healthy","circuits":[]}"#
        let healthy = try await run(["circuits", "--check"], [answer(200, none)])
        #expect(healthy.code == 0)
        #expect(healthy.console.output == "circuits: healthy; there are none\n")
    }

    @Test(
        "64 when the command line or the environment is wrong",
        arguments: [
            ["circuits"], ["nonsense"], ["state", "--socket", "/x"],
            ["circuits", "--socket", "/x", "--url", "http://a:1"],
            ["circuits", "--url", "https://a:1"], ["circuits", "--socket", ""],
            ["circuits", "--socket", "/x", "--timeout", "0"],
            ["reset", "--socket", "/x"], ["reset", "a", "--all", "--socket", "/x"],
            ["top", "--socket", "/x", "--interval", "0"],
            ["top", "--socket", "/x", "--count", "0"], ["events", "--socket", "/x", "--level", "loud"],
            ["circuits", "--url", "http://a:1", "--token-file", "/none"],
        ]
    )
    func usage(arguments: [String]) async {
        let console = ScriptedConsole()
        #expect(await Supervisionctl.execute(arguments, console) == 64)
        #expect(!console.errors.isEmpty)
        #expect(console.output == "")
    }

    @Test("69 when the endpoint cannot be reached: it says which address, why, and what to do")
    func unreachable() async throws {
        let missing = ScriptedConsole()
        #expect(await Supervisionctl.execute(["circuits", "--socket", "/tmp/there-is-none.sock"], missing) == 69)
        #expect(missing.errors.first == "supervisionctl: cannot reach /tmp/there-is-none.sock: there is no such file")
        #expect(missing.errors.last?.contains("Is the program running") == true)

        let file = ScriptedConsole()
        #expect(await Supervisionctl.execute(["tree", "--socket", "/tmp"], file) == 69)

        let port = ScriptedConsole(environment: ["SUPERVISION_ADMIN": "http://127.0.0.1:1"])
        #expect(await Supervisionctl.execute(["top"], port) == 69)
        #expect(port.errors.first == "supervisionctl: cannot reach http://127.0.0.1:1: nobody listens at the port")

        let events = ScriptedConsole()
        #expect(await Supervisionctl.execute(["events", "--socket", "/tmp/there-is-none.sock"], events) == 69)
    }

    @Test("69 when there is no answer in time")
    func timeout() async throws {
        try await ScriptedServer.withSilence { path in
            let console = ScriptedConsole()
            let code = await Supervisionctl.execute(["circuits", "--socket", path, "--timeout", "0.1"], console)
            #expect(code == 69)
            #expect(console.errors.first?.contains("it did not answer within 10") == true)
        }
    }

    @Test(
        "70 when the answer is not understood",
        arguments: [
            "", "SSH-2.0-OpenSSH_9.6\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>",
            "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\r\n", answer(200, "{"),
            answer(200, #"{"health":"good"}"#),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{}",
            "HTTP/1.1 404 No\r\nContent-Type: application/problem+json\r\n\r\n{}",
        ]
    )
    func notUnderstood(text: String) async throws {
        let result = try await run(["circuits"], [text])
        #expect(result.code == 70)
        #expect(result.console.output == "")
        #expect(result.console.errors.first?.hasPrefix("supervisionctl: ") == true)
    }

    @Test("reset --all and terminate ask where somebody is, unless --yes; a no changes nothing and ends with 1")
    func questions() async throws {
        let done = answer(200, #"{"reply":"done"}"#)
        for arguments in [["reset", "--all"], ["terminate", "app/x"]] {
            let no = try await run(arguments, [done], ScriptedConsole(canAsk: true, answer: false))
            #expect(no.code == 1)
            #expect(no.asked == [])
            #expect(no.console.questions.count == 1)
            let yes = try await run(arguments, [done], ScriptedConsole(canAsk: true, answer: true))
            #expect(yes.code == 0)
            #expect(yes.asked.count == 1)
            let flag = try await run(arguments + ["--yes"], [done], ScriptedConsole(canAsk: true, answer: false))
            #expect(flag.code == 0)
            #expect(flag.console.questions == [])
            #expect(try await run(arguments, [done]).console.questions == [])
        }
        for arguments in [["reset", "x"], ["restart", "app/x"], ["open", "x"], ["disable", "x"]] {
            let plain = try await run(arguments, [done], ScriptedConsole(canAsk: true, answer: false))
            #expect(plain.code == 0)
            #expect(plain.console.questions == [])
        }
    }

    @Test("More children than were shown are told with the command that goes on, quoted for a shell")
    func more() async throws {
        let result = try await run(["tree"], [answer(200, Examples.treeJSON)])
        #expect(result.console.errors == [#"More: supervisionctl tree app --from 'app/it'\''s'"#])
        #expect(result.console.output.contains("… 1 more"))
    }

    @Test("A message comes from standard input, too")
    func message() async throws {
        let text = #"{"message":"resetAll"}"#
        try await ScriptedServer.with([answer(200, #"{"reply":"done"}"#)]) { server in
            let console = ScriptedConsole(input: text)
            #expect(await Supervisionctl.execute(["message", "-", "--socket", server.path], console) == 0)
            #expect(server.asked.first?.hasSuffix("\r\n\r\n" + text) == true)
        }
    }

    @Test("Colours only on a terminal, and not with --no-color or NO_COLOR")
    func colours() async throws {
        let answers = [answer(200, Examples.circuitsJSON)]
        let escape = "\u{1B}["
        #expect(try await run(["circuits"], answers, ScriptedConsole(isTerminal: true)).console.output.contains(escape))
        #expect(!(try await run(["circuits"], answers).console.output.contains(escape)))
        let flag = try await run(["circuits", "--no-color"], answers, ScriptedConsole(isTerminal: true))
        #expect(!flag.console.output.contains(escape))
        let variable = ScriptedConsole(environment: ["NO_COLOR": "1"], isTerminal: true)
        #expect(!(try await run(["circuits"], answers, variable).console.output.contains(escape)))
    }

    @Test("--help names the exit codes and how another machine is reached; help is no mistake")
    func help() async {
        let console = ScriptedConsole()
        #expect(await Supervisionctl.execute(["--help"], console) == 0)
        for text in ["69", "EXIT CODES", "ssh -N -L", "SUPERVISION_ADMIN", "--generate-completion-script", "kubectl"] {
            #expect(console.output.contains(text))
        }
        #expect(console.errors == [])
        #expect(await Supervisionctl.execute(["reset", "--help"], ScriptedConsole()) == 0)
        let script = ScriptedConsole()
        #expect(await Supervisionctl.execute(["--generate-completion-script", "bash"], script) == 0)
        #expect(script.output.contains("complete"))
    }

    @Test("Names of services and paths complete as the endpoint says; without one there are none")
    func completion() async throws {
        let answers: @Sendable (Int, String) -> String? = { _, head in
            head.hasPrefix("GET /tree") ? answer(200, Examples.treeJSON) : answer(200, Examples.circuitsJSON)
        }
        try await ScriptedServer.with(answering: answers) { server in
            let line = ["supervisionctl", "state", "--socket", server.path, ""]
            let console = ScriptedConsole()
            #expect(await Completion.names(line, "", console, Completion.services) == ["user-api"])
            #expect(await Completion.names(line, "x", console, Completion.services) == [])
            let short = ["supervisionctl", "restart", "--socket=\(server.path)", ""]
            #expect(await Completion.names(short, "app/", console, Completion.paths) == ["app/users"])
            let environment = ScriptedConsole(environment: ["SUPERVISION_ADMIN": server.path])
            #expect(
                await Completion.names(["supervisionctl", "state", ""], "u", environment, Completion.services) == [
                    "user-api"
                ]
            )
        }
        #expect(await Completion.names(["supervisionctl"], "", ScriptedConsole(), Completion.services) == [])
    }
}
#endif
