#if Admin
import ArgumentParser

struct Terminate: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ends a child of a supervisor, which does not start it again.",
        discussion:
            "It asks first when somebody is there to be asked. To have the child back: supervisionctl restart PATH."
    )

    @Argument(help: "Where it stands in the tree.", completion: Completion.paths)
    var path: String

    @Flag(name: .shortAndLong, help: "Does not ask.")
    var yes = false

    @OptionGroup var connection: ConnectionOptions

    var target: String? { path }

    func run(in session: Session) async throws {
        try session.confirm("End \(path.printable) in \(session.client.address)?", isAnswered: yes)
        try await session.change(.post("children", path, "terminate"), "\(path.printable): ended")
    }
}
#endif
