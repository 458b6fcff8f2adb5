#if Admin
import ArgumentParser
import SupervisionAdmin

struct Events: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what happens, as it happens, until Ctrl-C.",
        discussion: """
            When the connection ends, because the program is restarted for instance, it goes on with the first event \
            that was not shown. With --json each event is an object on a line of its own.
            """
    )

    @Option(help: "The least level.")
    var level = Level.info

    @Option(name: .customLong("type"), help: "Only events of that type; may be given more than once.")
    var types: [Kind] = []

    @Flag(help: "Begins with what the program has kept since it was started.")
    var sinceStart = false

    @Flag(help: "Ends when the connection ends.")
    var once = false

    @OptionGroup var connection: ConnectionOptions

    enum Level: String, ExpressibleByArgument, CaseIterable {
        case debug, info, warning, error
    }

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case supervision, circuit, audit, trace, other
    }

    /// The endpoint sends something at least every 15 s.
    private static let silence = Duration.seconds(45)

    func run(in session: Session) async throws {
        var lastID = sinceStart ? "0" : nil
        var attempt = 0
        while true {
            do {
                try await session.client.stream(request(after: lastID), silence: Self.silence) { frame in
                    attempt = 0
                    lastID = frame.id ?? lastID
                    try show(frame, session)
                }
                if once { return }
            } catch ClientFailure.unreachable(let address, let reason, let remedy) {
                // Before the first event a wrong address is told at once; behind it the program is waited for.
                if once || lastID == nil || lastID == "0" {
                    throw ClientFailure.unreachable(address: address, reason: reason, remedy: remedy)
                }
            }
            if attempt == 0 {
                session.console.complain("supervisionctl: the connection has ended; waiting for the program")
            }
            attempt += 1
            try await Task.sleep(for: .milliseconds(min(5000, 250 << min(attempt, 5))))
        }
    }

    private func request(after lastID: String?) -> AdminRequest {
        var query: [(name: String, value: String?)] = [("level", level.rawValue)]
        query += types.map { ("type", $0.rawValue) }
        var request = AdminRequest.get("events", query: query)
        request.accept = "text/event-stream"
        request.lastEventID = lastID
        return request
    }

    private func show(_ frame: StreamFrame, _ session: Session) throws {
        if frame.event == "lost" {
            let lost = try AdminClient.decoded(LostEvents.self, from: Array(frame.data.utf8))
            if session.isJSON {
                return session.write([#"{"event":"lost"\#(lost.count.map { #","count":\#($0)"# } ?? "")}"#])
            }
            let what = lost.count.map { $0.of("event was", plural: "events were") } ?? "events of an earlier run were"
            return session.write([session.palette.paint("— \(what) missed —", .notice)])
        }
        guard frame.event == "message" else { return }
        let event = try AdminClient.decoded(EventRecord.self, from: Array(frame.data.utf8))
        if session.isJSON { return session.write([frame.data]) }
        session.write(EventDisplay.lines(event, width: session.width, session.palette))
    }
}

/// What the endpoint says of events that a reader has missed.
private struct LostEvents: Decodable {
    /// Nil when nobody knows.
    var count: Int?
}
#endif
