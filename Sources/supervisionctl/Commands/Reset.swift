#if Admin
import ArgumentParser

struct Reset: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Closes a circuit and clears its counts, or all of them.",
        discussion: "With --all it asks first when somebody is there to be asked."
    )

    @Argument(help: "The name of its service.", completion: Completion.services)
    var service: String?

    @Flag(help: "Every circuit.")
    var all = false

    @Flag(name: .shortAndLong, help: "Does not ask.")
    var yes = false

    @OptionGroup var connection: ConnectionOptions

    var target: String? { service }

    func validate() throws {
        if (service == nil) != all {
            throw ValidationError(all ? "Give a service or --all, not both" : "Which circuit? Give a service, or --all")
        }
    }

    func run(in session: Session) async throws {
        guard let service else {
            try session.confirm("Reset all circuits of \(session.client.address)?", isAnswered: yes)
            let message = Array(#"{"message":"resetAll"}"#.utf8)
            return try await session.change(.post("messages", body: message), "all circuits: reset")
        }
        try await session.change(.post("circuits", service, "reset"), "\(service.printable): reset")
    }
}
#endif
