#if Admin
import ArgumentParser
import CircuitBreakers
import SupervisionAdmin

struct Circuits: AdminCommand {
    static let configuration = CommandConfiguration(abstract: "Shows all circuits.")

    @Flag(help: "Ends with 2 when a circuit is open or forced open.")
    var check = false

    @OptionGroup var connection: ConnectionOptions

    func run(in session: Session) async throws {
        let (report, document) = try await session.client.send(.get("circuits"), as: CircuitsReport.self)
        if session.isJSON {
            session.write(document: document)
        } else {
            session.write(CircuitDisplay.lines(report, width: session.width, session.palette))
        }
        if check, report.health == .unhealthy { throw ClientFailure.unhealthy }
    }
}
#endif
