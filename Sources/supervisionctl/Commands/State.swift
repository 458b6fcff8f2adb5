#if Admin
import ArgumentParser
import CircuitBreakers
import SupervisionAdmin

struct State: AdminCommand {
    static let configuration = CommandConfiguration(abstract: "Shows everything about one circuit.")

    @Argument(help: "The name of its service.", completion: Completion.services)
    var service: String

    @Flag(help: "Ends with 2 when the circuit is open or forced open.")
    var check = false

    @OptionGroup var connection: ConnectionOptions

    var target: String? { service }

    func run(in session: Session) async throws {
        let (report, document) = try await session.client.send(.get("circuits", service), as: CircuitReport.self)
        if session.isJSON {
            session.write(document: document)
        } else {
            session.write(CircuitDisplay.lines(report, width: session.width, session.palette))
        }
        if check, report.figures.health == .unhealthy { throw ClientFailure.unhealthy }
    }
}
#endif
