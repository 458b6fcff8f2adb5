#if Admin
import ArgumentParser

struct Enable: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lifts open, disable and measure.",
        discussion: "The circuit is then closed and counts from zero. One without any of them goes on as it was."
    )

    @Argument(help: "The name of its service.", completion: Completion.services)
    var service: String

    @OptionGroup var connection: ConnectionOptions

    var target: String? { service }

    func run(in session: Session) async throws {
        try await session.change(.post("circuits", service, "enable"), "\(service.printable): enabled")
    }
}
#endif
