#if Admin
import ArgumentParser
import SupervisionAdmin

struct Server: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows a server's mailbox, statistics and last messages.",
        discussion: """
            Statistics and messages are noted only while the server is observed, which makes it slower:
            supervisionctl message '{"message":"observe","path":"app/users","log":20}', and to end it stopObserving.
            """
    )

    @Argument(help: "Where it stands in the tree.", completion: Completion.paths)
    var path: String

    @OptionGroup var connection: ConnectionOptions

    var target: String? { path }

    func run(in session: Session) async throws {
        let (report, document) = try await session.client.send(.get("servers", path), as: ServerReport.self)
        if session.isJSON { return session.write(document: document) }
        session.write(ServerDisplay.lines(report, width: session.width, session.palette))
    }
}
#endif
