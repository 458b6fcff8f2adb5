#if Admin
import ArgumentParser
import SupervisionAdmin
import Synchronization

struct Top: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows circuits and what needs attention in the tree, again and again.",
        discussion: """
            q or Ctrl-C ends it. On a terminal it redraws the screen; elsewhere it writes it one below the other, and \
            with --json an object with circuits and tree on a line of its own each time.
            """
    )

    @Option(help: ArgumentHelp("The time between two looks.", valueName: "seconds"))
    var interval = 1.0

    @Option(help: ArgumentHelp("Ends after so many looks.", valueName: "looks"))
    var count: Int?

    @Option(help: ArgumentHelp("How many children of each supervisor it looks at.", valueName: "children"))
    var limit = 1000

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard interval >= 0.1, interval <= 3600 else {
            throw ValidationError("--interval is \(interval); 0.1 to 3600 seconds were expected")
        }
        if let count, count < 1 { throw ValidationError("--count is \(count); 1 or more was expected") }
    }

    func run(in session: Session) async throws {
        // A wrong address or token is told before the screen changes.
        let first = try await Self.sample(session, limit: limit)
        if session.isJSON { return try await writeDocuments(first, session) }
        let isLive = session.console.isTerminal && count == nil
        guard isLive else { return try await writeScreens(first, session) }
        let board = Board(address: "\(session.client.address)")
        board.state.withLock { $0.take(first.sample) }
        let look: @Sendable () async throws -> TopState.Sample = { [limit] in
            try await Self.sample(session, limit: limit).sample
        }
        await session.console.withScreen {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { [interval] in await Self.keepLooking(look, board, interval: interval) }
                await draw(session, board)
                group.cancelAll()
            }
        }
    }

    /// Draws until somebody has seen enough.
    private func draw(_ session: Session, _ board: Board) async {
        var shown: [String] = []
        repeat {
            let size = session.console.size ?? (columns: 80, rows: 24)
            let now = board.state.withLock { $0 }
            let lines = TopScreen.lines(now, width: size.columns, height: size.rows, session.palette)
            if lines != shown { session.console.write(Self.redrawn(lines)) }
            shown = lines
        } while !(await session.console.wantsEnd())
    }

    /// Looks again and again until it is cancelled. What goes wrong is shown: the program may be there again soon.
    private static func keepLooking(
        _ look: @Sendable () async throws -> TopState.Sample,
        _ board: Board,
        interval: Double
    ) async {
        while (try? await Task.sleep(for: .seconds(interval))) != nil {
            do {
                let sample = try await look()
                board.state.withLock { $0.take(sample) }
            } catch let failure as ClientFailure {
                let trouble = failure.lines(target: nil).first
                board.state.withLock { $0.trouble = trouble }
            } catch {
                return
            }
        }
    }

    /// What makes the screen show the lines: each is written over the old one, so that nothing flickers.
    static func redrawn(_ lines: [String]) -> String {
        "\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J"
    }

    private func writeScreens(_ first: Look, _ session: Session) async throws {
        var state = TopState(address: "\(session.client.address)")
        state.take(first.sample)
        var looks = 1
        while true {
            let width = session.width ?? 1000
            session.write(TopScreen.lines(state, width: width, height: .max, session.palette))
            if looks == count { return }
            session.write([""])
            try await Task.sleep(for: .seconds(interval))
            state.take(try await Self.sample(session, limit: limit).sample)
            looks += 1
        }
    }

    private func writeDocuments(_ first: Look, _ session: Session) async throws {
        var look = first
        var looks = 1
        while true {
            let circuits = String(decoding: look.circuits, as: UTF8.self)
            let tree = String(decoding: look.tree, as: UTF8.self)
            session.write([#"{"circuits":\#(circuits),"tree":\#(tree)}"#])
            if looks == count { return }
            try await Task.sleep(for: .seconds(interval))
            look = try await Self.sample(session, limit: limit)
            looks += 1
        }
    }

    /// One look, and the documents that it is made of.
    private struct Look: Sendable {
        var sample: TopState.Sample
        var circuits: [UInt8]
        var tree: [UInt8]
    }

    private static func sample(_ session: Session, limit: Int) async throws -> Look {
        let client = session.client
        async let circuits = client.send(.get("circuits"), as: CircuitsReport.self)
        let tree = try await client.send(.get("tree", query: [("limit", "\(limit)")]), as: TreeNode.self)
        let answers = try await (circuits: circuits, tree: tree)
        return Look(
            sample: TopState.Sample(
                time: start.duration(to: .now),
                circuits: answers.circuits.answer,
                tree: answers.tree.answer
            ),
            circuits: answers.circuits.bytes,
            tree: answers.tree.bytes
        )
    }

    private static let start = ContinuousClock.now
}

/// Where the latest look is left for whoever draws it.
private final class Board: Sendable {
    let state: Mutex<TopState>

    init(address: String) {
        state = Mutex(TopState(address: address))
    }
}
#endif
