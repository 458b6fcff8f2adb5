#if Admin
import CircuitBreakers
import Testing

@testable import SupervisionAdmin
@testable import supervisionctl

@Suite("supervisionctl top")
struct TopTests {
    private func state() -> TopState {
        var state = TopState(address: "/run/app/admin.sock")
        var tree = Examples.tree
        tree.children?[0].restarts = 0
        state.take(
            .init(
                time: .seconds(10),
                circuits: Examples.circuits(
                    Examples.circuit("search", .closed, share: 0.25, calls: 100),
                    Examples.circuit("payments", .open, calls: 50)
                ),
                tree: tree
            )
        )
        state.take(
            .init(
                time: .seconds(12),
                circuits: Examples.circuits(
                    Examples.circuit("search", .closed, share: 0.25, calls: 105),
                    Examples.circuit("payments", .open, calls: 20)
                ),
                tree: Examples.tree
            )
        )
        return state
    }

    @Test("Rates are those between the last two looks; a circuit that was made anew has none")
    func rates() {
        let state = state()
        #expect(state.rate(of: "search", \.calls) == 2.5)
        #expect(state.rate(of: "search", \.failures) == 0)
        #expect(state.rate(of: "payments", \.calls) == nil)
        #expect(state.rate(of: "unknown", \.calls) == nil)
        #expect(TopState(address: "").rate(of: "search", \.calls) == nil)
    }

    @Test("What restarts goes before what was restarted, and that before what has stopped")
    func attention() {
        var state = state()
        #expect(state.attention.map(\.path) == ["app/ingest/poller#1", "app/users", "app/mail"])
        #expect(state.newRestarts(of: Examples.node("app/users", restarts: 1)) == 1)
        // A child that was done is nothing to look at. A restart is new for a minute, also to looks that see no other.
        var tree = Examples.tree
        tree.children?[2].status = "stopped (normal)"
        state.take(.init(time: .seconds(71), circuits: Examples.circuits(), tree: tree))
        #expect(state.attention.map(\.path) == ["app/ingest/poller#1", "app/users"])
        state.take(.init(time: .seconds(72), circuits: Examples.circuits(), tree: tree))
        #expect(state.attention.map(\.path) == ["app/ingest/poller#1"])
        tree.children?[0].mailboxDepth = 100
        state.take(.init(time: .seconds(73), circuits: Examples.circuits(), tree: tree))
        #expect(state.attention.map(\.path) == ["app/ingest/poller#1", "app/users"])
    }

    @Test("The screen at 80 columns")
    func screen() {
        #expect(
            TopScreen.lines(state(), width: 80, height: 24, .none) == [
                "supervisionctl top  /run/app/admin.sock                                  q quits",
                "circuits: unhealthy; 1 closed, 1 open (payments)",
                "tree: 3 running, 1 restarting, 1 stoppe…oked at; 4 restarts, 12 messages waiting",
                "",
                "service   state        level                calls/s  failed/s  rejected/s",
                "payments  open, 4.2 s                             -         0           0",
                "search    closed       ██░░ 25/50 % failed      2.5         0           0",
                "",
                "needs attention      status                                    restarts  mailbox",
                "app/ingest/poller#1  restarting (attempt 2)                           3        0",
                "app/users            running                                     1 (+1)       12",
                "app/mail             stopped (the mail s…efused the password)         0        0",
            ]
        )
    }

    @Test("The screen fits, however small the terminal is", arguments: [1, 2, 5, 8, 24, 100], [40, 80])
    func fits(height: Int, width: Int) {
        var state = state()
        let services = (0..<50).map { Examples.circuit("service-\($0)", .closed) }
        let nodes = (0..<50).map { Examples.node("app/\($0)", .restarting) }
        state.take(
            .init(
                time: .seconds(13),
                circuits: CircuitsReport(health: .healthy, circuits: services),
                tree: Examples.node("app", children: nodes)
            )
        )
        for trouble in [nil, "the program has gone"] {
            state.trouble = trouble
            let lines = TopScreen.lines(state, width: width, height: height, Palette(isOn: true))
            #expect(lines.count <= height)
            #expect(lines.allSatisfy { $0.withoutColours.columns <= width })
            if height >= 24 {
                #expect(lines.contains { $0.contains("service-0") })
                #expect(lines.contains { $0.contains("app/0") })
            }
        }
    }

    @Test("A program that does not answer any more leaves its last figures, and says so")
    func trouble() {
        var state = state()
        state.trouble = "supervisionctl: cannot reach /run/app/admin.sock: nobody listens"
        let lines = TopScreen.lines(state, width: 80, height: 24, .none)
        #expect(lines[1].contains("nobody listens"))
        #expect(lines.contains { $0.contains("payments") })
        state.take(.init(time: .seconds(20), circuits: Examples.circuits(), tree: Examples.tree))
        #expect(!TopScreen.lines(state, width: 80, height: 24, .none).contains { $0.contains("nobody") })
    }

    @Test("A bar is full when the circuit opens, and not before")
    func bars() {
        #expect(TopScreen.bar(0) == "░░░░")
        #expect(TopScreen.bar(0.99) == "███░")
        #expect(TopScreen.bar(1) == "████")
        #expect(TopScreen.bar(7) == "████")
        #expect(TopScreen.bar(-1) == "░░░░")
    }

    private static let answers: @Sendable (Int, String) -> String? = { _, head in
        head.hasPrefix("GET /tree") ? answer(200, Examples.treeJSON) : answer(200, Examples.circuitsJSON)
    }

    @Test("On a terminal the screen is given back, and drawn over and not cleared")
    func live() async throws {
        try await ScriptedServer.with(answering: Self.answers) { server in
            let console = ScriptedConsole(isTerminal: true, canAsk: true, size: (80, 24))
            let code = await Supervisionctl.execute(["top", "--socket", server.path], console)
            #expect(code == 0)
            #expect(console.enteredScreen == 1)
            #expect(!console.isOnScreen)
            #expect(console.output.hasPrefix("\u{1B}[H"))
            #expect(!console.output.contains("\u{1B}[2J"))
            #expect(console.output.contains("user-api"))
        }
    }

    @Test("Elsewhere it is written so many times, as text or as JSON on a line of its own")
    func batch() async throws {
        try await ScriptedServer.with(answering: Self.answers) { server in
            let text = ScriptedConsole()
            let options = ["--socket", server.path, "--interval", "0.1", "--count", "2"]
            #expect(await Supervisionctl.execute(["top"] + options, text) == 0)
            #expect(text.lines.count { $0.hasPrefix("supervisionctl top") } == 2)
            #expect(!text.output.contains("\u{1B}"))
            #expect(text.enteredScreen == 0)
            let json = ScriptedConsole()
            #expect(await Supervisionctl.execute(["top", "--json"] + options, json) == 0)
            #expect(json.lines.count == 2)
            #expect(json.lines.allSatisfy { $0.hasPrefix(#"{"circuits":{"health""#) && $0.hasSuffix("}") })
        }
    }
}
#endif
