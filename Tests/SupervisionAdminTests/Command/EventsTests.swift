#if Admin
import Testing

@testable import supervisionctl

@Suite("supervisionctl events")
struct EventsTests {
    private static let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    private static let frame = "id: k3x9-17\ndata: \(Examples.eventJSON)\n\n"

    @Test("Events are lines, those that were missed are told, and comments are nothing")
    func lines() async throws {
        let stream =
            Self.head + ": \n\n" + Self.frame + "event: lost\ndata: {\"count\":12}\n\nevent: lost\ndata: {}\n\n"
        try await ScriptedServer.with([stream, stream], piece: 3) { server in
            let console = ScriptedConsole()
            let options = [
                "--once", "--level", "warning", "--type", "circuit", "--type", "audit", "--socket", server.path,
            ]
            #expect(await Supervisionctl.execute(["events"] + options, console) == 0)
            #expect(
                console.lines == [
                    "12:00:00.250  warning  circuit      circuit 'user-api' closed -> open for 60 s:",
                    "                                    5 failures in a row",
                    "— 12 events were missed —",
                    "— events of an earlier run were missed —",
                ]
            )
            #expect(server.asked[0].hasPrefix("GET /events?level=warning&type=circuit&type=audit HTTP/1.1\r\n"))
            #expect(server.asked[0].contains("Accept: text/event-stream\r\n"))
            let json = ScriptedConsole()
            #expect(await Supervisionctl.execute(["events", "--json"] + options, json) == 0)
            #expect(json.lines == [Examples.eventJSON, #"{"event":"lost","count":12}"#, #"{"event":"lost"}"#])
        }
    }

    @Test(
        "--since-start begins with all that is kept; after the end of the connection it goes on behind the last event"
    )
    func resumes() async throws {
        let answers: @Sendable (Int, String) -> String? = { number, _ in
            number == 0 ? Self.head + Self.frame : refusal(403, "that is enough")
        }
        try await ScriptedServer.with(answering: answers) { server in
            let console = ScriptedConsole()
            #expect(await Supervisionctl.execute(["events", "--since-start", "--socket", server.path], console) == 1)
            #expect(server.asked.count == 2)
            #expect(server.asked[0].contains("Last-Event-ID: 0\r\n"))
            #expect(server.asked[1].contains("Last-Event-ID: k3x9-17\r\n"))
            #expect(console.errors.first == "supervisionctl: the connection has ended; waiting for the program")
        }
    }

    @Test("70 when an event is none")
    func notUnderstood() async throws {
        for stream in [Self.head + "data: {}\n\n", answer(200, "{}")] {
            try await ScriptedServer.with([stream]) { server in
                #expect(await Supervisionctl.execute(["events", "--socket", server.path], ScriptedConsole()) == 70)
            }
        }
    }
}
#endif
