import CircuitBreakers
import Foundation
import Supervision

/// A walk through everything that the tree does, without anybody typing.
///
/// Each step says what is about to happen and why, makes it happen, and waits for the events that must follow. When
/// one does not come, the tour fails.
struct Tour {
    let narrator: Narrator
    let log: EventLog
    let source: UserSource

    /// How far the log has been read.
    private var position = 0
    private var step = 0

    /// A tour that has said what comes first. The tree is to be started next.
    init(narrator: Narrator, log: EventLog, source: UserSource) {
        self.narrator = narrator
        self.log = log
        self.source = source
        introduce()
    }

    /// Plays the tour, up to the signal that ends the process.
    ///
    /// - Returns: the paths of the children, in the order in which they are now to stop.
    /// - Throws: ``MissingEvent``, ``UnexpectedResult``; `CancellationError` when the process is told to end meanwhile.
    mutating func run() async throws -> [String] {
        try await showHealthyTree()
        switch source {
        case .builtIn:
            try await takeUpstreamDown()
            try await showRejections()
            try await failProbe()
            try await resetCircuit()
            try await recoverAlone()
        case .url:
            try await forceCircuitOpen()
            try await showRejections()
            try await resetForcedCircuit()
        }
        try await crashServer()
        try await crashUntilGivenUp()
        return try await terminate()
    }
}

/// Something was not as the tour says that it is.
struct UnexpectedResult: Error, CustomStringConvertible {
    let description: String
}

// MARK: - Narration and waiting

extension Tour {
    /// The headline of a step, then what is about to happen and why.
    mutating func announce(_ title: String, _ text: String) {
        step += 1
        narrator.headline("\(step). \(title)")
        narrator.explain(text)
    }

    /// Begins a step.
    mutating func begin(_ title: String, _ text: String) async throws {
        announce(title, text)
        // A moment to read it; nothing depends on how long it is.
        try await Task.sleep(for: .milliseconds(400))
    }

    mutating func wait(for what: String, _ isRight: @escaping @Sendable (any RuntimeEvent) -> Bool) async throws {
        try await log.wait(for: what, after: &position, isRight)
    }

    /// Waits until the circuit goes to `state`, for a reason that `isRight`.
    mutating func waitForCircuit(
        _ state: CircuitState,
        where isRight: @escaping @Sendable (CircuitTransition.Reason) -> Bool = { _ in true }
    ) async throws {
        try await wait(for: "the circuit to be \(state.inWords)") { event in
            guard case .transition(let transition)? = (event as? CircuitEvent)?.kind else { return false }
            return transition.to == state && isRight(transition.reason)
        }
    }

    /// Waits for something to happen to the child at `path` below the sample's tree.
    mutating func waitForChild(
        _ path: String,
        to what: String,
        _ isRight: @escaping @Sendable (SupervisionEvent.Kind) -> Bool
    ) async throws {
        try await wait(for: "\(path) to \(what)") { event in
            guard let event = event as? SupervisionEvent, event.shortPath == path else { return false }
            return isRight(event.kind)
        }
    }

    mutating func waitForUsers() async throws {
        try await wait(for: "a list of users from the upstream") { event in
            if case .fetched? = event as? AppEvent { true } else { false }
        }
    }

    /// Waits until the circuit is closed for `reason` and the directory has asked the upstream again.
    ///
    /// The circuit breaker tells its events beside the calls, so the one that it has closed may come after what the
    /// directory tells of the call that closed it.
    mutating func waitForRecovery(_ reason: CircuitTransition.Reason) async throws {
        let start = position
        try await waitForCircuit(.closed) { $0 == reason }
        let closed = position
        position = start
        try await waitForUsers()
        position = max(position, closed)
    }

    func showTree() async throws {
        narrator.show(try await ServerRef(.app).tree().description)
    }

    func showCircuit() async throws {
        let circuit = try await CircuitBreakerServer.state(of: .userAPI)
        narrator.tell("circuit \(circuit.service)", circuit.inWords, .plain)
    }
}
