#if Admin
import ArgumentParser

struct Measure: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Has a circuit count, but never open.",
        discussion: "Until it is enabled or reset, or its server is restarted."
    )

    @Argument(help: "The name of its service.", completion: Completion.services)
    var service: String

    @OptionGroup var connection: ConnectionOptions

    var target: String? { service }

    func run(in session: Session) async throws {
        try await session.change(.post("circuits", service, "measure"), "\(service.printable): only measured")
    }
}
#endif
