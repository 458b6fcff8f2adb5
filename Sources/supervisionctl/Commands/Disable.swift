#if Admin
import ArgumentParser

struct Disable: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Disables a circuit: all its calls go through, and none is judged.",
        discussion: "Until it is enabled or reset, or its server is restarted."
    )

    @Argument(help: "The name of its service.", completion: Completion.services)
    var service: String

    @OptionGroup var connection: ConnectionOptions

    var target: String? { service }

    func run(in session: Session) async throws {
        try await session.change(.post("circuits", service, "disable"), "\(service.printable): disabled")
    }
}
#endif
