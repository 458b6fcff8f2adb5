import CircuitBreakers
import Supervision

/// The steps about the circuit breaker.
extension Tour {
    /// The headline of the first step, to be printed before the tree is started.
    mutating func introduce() {
        announce(
            "Everything is healthy",
            """
            A supervisor starts its children in order. One of them, the user directory, asks an upstream for a list of \
            users over HTTP, twice a second, through the circuit '\(ServiceName.userAPI)' of a circuit breaker.
            """
        )
    }

    mutating func showHealthyTree() async throws {
        try await log.waitUntilTreeRuns()
        try await waitForUsers()
        try await showTree()
        try await showCircuit()
    }

    mutating func takeUpstreamDown() async throws {
        try await begin(
            "The upstream goes down",
            """
            Nobody listens on its port any more. A closed circuit lets calls through, so the directory runs into the \
            refused connection. After \(Settings.failuresToOpen) failures in a row the circuit opens.
            """
        )
        try await ServerRef(.upstream).call { try await $0.become(.down) }
        try await waitForCircuit(.open)
    }

    mutating func forceCircuitOpen() async throws {
        try await begin(
            "An operator opens the circuit",
            """
            The upstream is not ours, so the tour cannot take it down. But an operator can force a circuit open, to \
            take the load off a service that is in trouble.
            """
        )
        _ = try await CircuitBreakerServer.admin(.forceOpen(.userAPI))
        try await waitForCircuit(.forcedOpen)
    }

    mutating func showRejections() async throws {
        try await begin(
            "Calls are rejected at once",
            """
            The circuit is open: a call is not tried at all, but fails at once. The caller loses no time, and the \
            service is left in peace. The error says when it is worth trying again.
            """
        )
        try await showRejection()
        try await wait(for: "a rejected call of the user directory") { event in
            if case .rejected? = event as? AppEvent { true } else { false }
        }
        try await showRejection()
        let count = try await ServerRef(.users).call { $0.users.count }
        narrator.tell("users", "still answers from memory; users known: \(count)", .good)
    }

    private func showRejection() async throws {
        let start = ContinuousClock.now
        do {
            try await CircuitBreakerServer.call(.userAPI) {}
        } catch CircuitBreakerError.open(_, let retryAfter, _) {
            let time = (ContinuousClock.now - start).inSeconds
            let retry = retryAfter.map { "try again in \($0.inSeconds)" } ?? "open until an operator says otherwise"
            return narrator.tell("a call", "rejected in \(time); \(retry)", .plain)
        }
        throw UnexpectedResult(description: "a call got through a circuit that should be open")
    }

    mutating func failProbe() async throws {
        try await begin(
            "Half-open, and a probe that fails",
            """
            When the open time is over the circuit is half-open: it lets one call through as a probe. The upstream is \
            still down, so the probe fails and the circuit opens again, for twice as long.
            """
        )
        try await waitForCircuit(.halfOpen)
        try await waitForCircuit(.open) { $0 == .probesFailed }
    }

    mutating func resetCircuit() async throws {
        try await begin(
            "An operator resets the circuit",
            """
            The upstream is repaired. The circuit does not know yet and would stay open for a while, but the operator \
            does, and closes it with the admin message 'reset'. The next call goes through.
            """
        )
        try await ServerRef(.upstream).call { try await $0.become(.healthy) }
        try await showCircuit()
        _ = try await CircuitBreakerServer.admin(.reset(.userAPI))
        try await waitForRecovery(.reset)
    }

    mutating func resetForcedCircuit() async throws {
        try await begin(
            "The operator resets the circuit",
            "The trouble is over. The admin message 'reset' closes the circuit, and the next call goes through."
        )
        try await showCircuit()
        _ = try await CircuitBreakerServer.admin(.reset(.userAPI))
        try await waitForRecovery(.reset)
    }

    mutating func recoverAlone() async throws {
        try await begin(
            "Recovery without an operator",
            """
            Now the upstream becomes slow: it answers, but later than the \(Settings.answerTime.inSeconds) that the \
            directory waits. That opens the circuit too. Then it is repaired, and nobody does anything: the next probe \
            succeeds and closes the circuit.
            """
        )
        try await ServerRef(.upstream).call { try await $0.become(.slow) }
        try await waitForCircuit(.open)
        try await ServerRef(.upstream).call { try await $0.become(.healthy) }
        try await waitForRecovery(.probesSucceeded)
    }
}
