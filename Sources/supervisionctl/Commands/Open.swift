#if Admin
import ArgumentParser

struct Open: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Opens a circuit by force: all its calls are rejected.",
        discussion: "Until it is enabled or reset, or its server is restarted."
    )

    @Argument(help: "The name of its service.", completion: Completion.services)
    var service: String

    @OptionGroup var connection: ConnectionOptions

    var target: String? { service }

    func run(in session: Session) async throws {
        try await session.change(.post("circuits", service, "open"), "\(service.printable): forced open")
    }
}
#endif
