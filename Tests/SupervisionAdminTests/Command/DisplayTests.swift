#if Admin
import CircuitBreakers
import Testing

@testable import SupervisionAdmin
@testable import supervisionctl

@Suite("supervisionctl shows what there is")
struct DisplayTests {
    @Test("A name is shortened in the middle, by columns of the terminal")
    func shortened() {
        #expect("abcdefghij".shortened(to: 10) == "abcdefghij")
        #expect("abcdefghijk".shortened(to: 10) == "abcd…ghijk")
        #expect("abc".shortened(to: 1) == "…")
        #expect("abc".shortened(to: 0) == "")
        #expect("日本語日本語".columns == 12)
        #expect("日本語日本語".shortened(to: 7).columns <= 7)
        #expect("é".columns == 1)
    }

    @Test("What a terminal would obey is not written")
    func printable() {
        #expect("a\u{1B}[2Jb\u{202E}c\nd\u{9B}e".printable == "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d\u{FFFD}e")
        #expect("plain ünicode".printable == "plain ünicode")
    }

    @Test("States are told in words", arguments: CircuitState.allCases)
    func states(state: CircuitState) {
        #expect(state.words == state.words.lowercased())
        #expect(!state.words.isEmpty)
        let lines = CircuitDisplay.lines(Examples.circuits(Examples.circuit("users", state)), width: 80, .none)
        #expect(lines.contains { $0.hasPrefix("users") && $0.contains(state.words) })
    }

    @Test("No line is wider than the terminal, whatever the names are", arguments: [40, 60, 80, 132])
    func widths(width: Int) {
        let long = String(repeating: "payments-of-the-", count: 8) + "european-branch"
        let circuits = Examples.circuits(
            Examples.circuit(long, .open, calls: 123_456_789),
            Examples.circuit("search", .closed, share: 0.25)
        )
        let nodes = (0..<6).map { Examples.node("app/\(long)-\($0)", restarts: 12345, mailbox: 99999) }
        let tree = Examples.node("app", kind: "supervisor", children: nodes, count: 10_000)
        for palette in [Palette.none, Palette(isOn: true)] {
            let lines =
                CircuitDisplay.lines(circuits, width: width, palette) + TreeDisplay.lines(tree, width: width, palette)
                + TreeDisplay.lines(Examples.tree, width: width, palette)
                + CircuitDisplay.lines(Examples.circuit(long, .open), width: width, palette)
            for line in lines {
                #expect(line.withoutColours.columns <= width, "\(line)")
                #expect(line.last != " ")
            }
        }
        let table = CircuitDisplay.lines(circuits, width: width, .none).joined(separator: "\n")
        #expect(table.contains("…"))
        // Both ends of a long name are there.
        #expect(table.contains("pay"))
        #expect(table.contains("anch"))
    }

    @Test("Circuits at 80 columns")
    func circuits() {
        let report = Examples.circuits(
            Examples.circuit("payments", .open),
            Examples.circuit("search", .closed, share: 0.25),
            Examples.circuit("users", .halfOpen)
        )
        #expect(
            CircuitDisplay.lines(report, width: 80, .none) == [
                "circuits: unhealthy; 1 closed, 1 open (payments), 1 half-open (users)",
                "",
                "service   state      retry in  calls  failed  rejected  level           error",
                "payments  open       4.2 s        10       5         7                  Timeout",
                "search    closed                  10       5         7  25/50 % failed",
                "users     half-open               10       5         7",
            ]
        )
    }

    @Test("The tree at 80 columns")
    func tree() {
        #expect(
            TreeDisplay.lines(Examples.tree, width: 80, .none) == [
                "name             what it is      status                        restarts  mailbox",
                "app              superv…eForOne  running",
                "├─ users         UserDirectory   running                              1       12",
                "├─ ingest        dynami…eForOne  running",
                "│  ├─ poller#1   worker          restarting (attempt 2)               3",
                "│  └─ … 11 more",
                "└─ mail          UserDirectory   stopped (the … the password)",
            ]
        )
    }

    @Test("Colours are for a terminal that somebody wants coloured")
    func palette() {
        func isOn(_ isTerminal: Bool, _ noColor: Bool = false, _ environment: [String: String] = [:]) -> Bool {
            Palette.chosen(isTerminal: isTerminal, noColor: noColor, environment: environment).isOn
        }
        #expect(isOn(true))
        #expect(!isOn(false))
        #expect(!isOn(true, true))
        #expect(!isOn(true, false, ["NO_COLOR": "1"]))
        #expect(isOn(true, false, ["NO_COLOR": ""]))
        #expect(!isOn(true, false, ["TERM": "dumb"]))
        #expect(Palette.none.paint("x", .bad) == "x")
        #expect(Palette(isOn: true).paint("x", .bad) == "\u{1B}[1;31mx\u{1B}[0m")
    }

    @Test("An event goes on in the next line when it is long, and nothing of it is left out")
    func events() {
        var event = EventRecord(
            id: "a-1",
            time: "2026-01-31T12:00:00.250Z",
            level: "warning",
            type: .circuit,
            text: "circuit 'user-api' closed -> open for 60 s: 5 failures in a row"
        )
        #expect(
            EventDisplay.lines(event, width: 80, .none) == [
                "12:00:00.250  warning  circuit      circuit 'user-api' closed -> open for 60 s:",
                "                                    5 failures in a row",
            ]
        )
        event.text = String(repeating: "x", count: 200)
        let lines = EventDisplay.lines(event, width: 60, .none)
        #expect(lines.allSatisfy { $0.columns <= 60 })
        #expect(lines.joined().filter { $0 == "x" }.count == 200)
        #expect(EventDisplay.lines(event, width: nil, .none).count == 1)
    }

    @Test("A server that is not observed says how to begin with it; one that is shows its messages")
    func server() {
        var report = ServerReport(
            path: "app/users",
            kind: "UserDirectory",
            status: "running",
            condition: .running,
            mailboxDepth: 2,
            isSuspended: true,
            restarts: 1,
            uptimeMilliseconds: 81_250,
            observed: nil,
            messages: []
        )
        #expect(ServerDisplay.lines(report, width: nil, .none).contains { $0.contains("server --help") })
        report.observed = .init(
            milliseconds: 5000,
            received: 40,
            refused: 0,
            handled: 38,
            failed: 0,
            millisecondsInHandlers: 310,
            highWater: 4
        )
        report.messages = [
            .init(message: "call for User", agoMilliseconds: 120, tookMicroseconds: 850, endedServer: true)
        ]
        let lines = ServerDisplay.lines(report, width: 80, .none)
        #expect(lines.contains("call for User  120 ms  850 µs  ended the server"))
        #expect(lines.contains { $0.hasPrefix("suspended") })
        #expect(lines.contains { $0.hasPrefix("running for") && $0.contains("81.2 s") })
    }
}

extension String {
    /// Without the codes that colour it.
    var withoutColours: String {
        var text = ""
        var isCode = false
        for character in self {
            if character == "\u{1B}" { isCode = true }
            if !isCode { text.append(character) }
            if isCode, character == "m" { isCode = false }
        }
        return text
    }
}
#endif
