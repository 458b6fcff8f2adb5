#if Admin
import ArgumentParser

struct Restart: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Restarts a child of a supervisor.",
        discussion: "Also one that has stopped. What waits in its mailbox is kept as its specification says."
    )

    @Argument(help: "Where it stands in the tree.", completion: Completion.paths)
    var path: String

    @OptionGroup var connection: ConnectionOptions

    var target: String? { path }

    func run(in session: Session) async throws {
        try await session.change(.post("children", path, "restart"), "\(path.printable): restarted")
    }
}
#endif
