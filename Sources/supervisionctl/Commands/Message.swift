#if Admin
import ArgumentParser
import CircuitBreakers
import SupervisionAdmin

struct Message: AdminCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends any admin message, and writes the reply.",
        discussion: """
            supervisionctl message '{"message":"injectFaults","service":"user-api","faults":{"failureRate":0.25}}'
            supervisionctl message '{"message":"suspend","path":"app/users"}'
            """
    )

    @Argument(help: "The message as JSON; - reads it from standard input.")
    var message: String

    @OptionGroup var connection: ConnectionOptions

    func run(in session: Session) async throws {
        let text = message == "-" ? session.console.input() : message
        session.write(document: try await session.client.send(.post("messages", body: Array(text.utf8))))
    }
}
#endif
