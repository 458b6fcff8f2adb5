import SupervisionTesting

/// Something that the library must do right in every order of events, with the faults that it is to bear.
struct Scenario: Sendable {
    let name: String
    /// The rules that it looks at.
    let rules: String
    let faults: Simulation.Faults
    let play: @Sendable (Simulation.World) async throws -> Void

    init(
        _ name: String,
        _ rules: String,
        faults: Simulation.Faults = .none,
        _ play: @escaping @Sendable (Simulation.World) async throws -> Void
    ) {
        self.name = name
        self.rules = rules
        self.faults = faults
        self.play = play
    }

    static let all: [Scenario] = [
        .strategies, .chaos, .hanging, .givingUp, .mail, .boundedMail, .mailOverRestarts, .lateReplies, .timers,
        .registry, .dynamicChildren, .circuits, .circuitsWhileRestarting,
    ]
}
