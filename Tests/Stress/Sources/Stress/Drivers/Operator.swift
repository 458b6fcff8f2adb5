internal import CircuitBreakers
internal import Supervision
internal import Synchronization

/// Adds, stops, restarts and deletes children, and asks supervisors for all that they know.
struct Operator: Driver {
    static let label = "operator"
    let stage: Stage
    private let shaky: ServerRef<Supervisor>

    init(_ stage: Stage) {
        self.stage = stage
        shaky = ServerRef(Names.shakySupervisor, in: stage.runtime)
    }

    mutating func step(_ numbers: inout Numbers) async throws {
        stage.round.tally.requests.add(1, ordering: .relaxed)
        let child = numbers.pick(Names.shakyChildren)
        let supervisor = ServerRef(numbers.pick(Names.supervisors), in: stage.runtime)
        switch numbers.below(9) {
        case 0: try await shaky.terminateChild(child)
        case 1, 2: try await shaky.restartChild(child)
        case 3: try await shaky.deleteChild(child)
        case 4, 5: try await shaky.startChild(stage.shakyChild(child))
        case 6: check(try await supervisor.counts())
        case 7: _ = try await supervisor.children()
        default: _ = try await stage.tree.tree()
        }
        try await stage.runtime.sleep(for: numbers.microseconds(upTo: 500))
    }

    private func check(_ counts: ChildCounts) {
        stage.round.referee.require(
            counts.specs == counts.supervisors + counts.workers && counts.active <= counts.specs,
            "counts do not add up: \(counts) (R74)",
            at: "a supervisor"
        )
    }

    /// Brings back what was stopped or deleted.
    mutating func finish() async throws {
        for child in Names.shakyChildren {
            do {
                try await shaky.startChild(stage.shakyChild(child))
            } catch SupervisorError.alreadyPresent {
                _ = try? await shaky.restartChild(child)
            } catch SupervisorError.alreadyStarted, SupervisorError.nameTaken {}
        }
    }
}

/// Resets circuits, overrides and removes them, and reads what is known of them.
struct CircuitOperator: Driver {
    static let label = "operator of circuits"
    let stage: Stage
    private let server: ServerRef<CircuitBreakerServer>

    init(_ stage: Stage) {
        self.stage = stage
        server = ServerRef(.circuitBreakers, in: stage.runtime)
    }

    mutating func step(_ numbers: inout Numbers) async throws {
        stage.round.tally.requests.add(1, ordering: .relaxed)
        let service = numbers.pick(ServiceName.flaky + [.dependent, .passing(numbers.below(60))])
        switch numbers.below(10) {
        case 0: _ = try await server.admin(.reset(service))
        case 1:
            _ = try await server.admin(.forceOpen(service))
            try await stage.runtime.sleep(for: numbers.microseconds(upTo: 200))
            _ = try await server.admin(.enable(service))
        case 2:
            let isCounted = ServiceName.counted.contains(service)
            _ = try await server.admin(isCounted || numbers.oneIn(2) ? .metricsOnly(service) : .disable(service))
            _ = try await server.admin(.enable(service))
        case 3 where !ServiceName.counted.contains(service): _ = try await server.admin(.remove(service))
        case 4: _ = try await server.states()
        case 5: check(try await server.call { $0.overview() })
        case 6: try await isolate(service, numbers.microseconds(upTo: 200))
        case 7: await listen(numbers.microseconds(upTo: 1_000))
        case 8: server.cast(.resetTimer(service, generation: numbers.next() % 100))
        default: _ = try await server.admin(.configure(service, .init()))
        }
        try await stage.runtime.sleep(for: numbers.microseconds(upTo: 500))
    }

    private func isolate(_ service: ServiceName, _ time: Duration) async throws {
        do {
            let isolation = try await server.call { BoxedIsolation(try $0.isolate(service)) }
            try await stage.runtime.sleep(for: time)
            isolation.end()
        } catch let error as CircuitBreakerError {
            switch error {
            case .tooManyCircuits, .noServer: break
            default: throw error
            }
        }
    }

    /// Reads events for a while.
    private func listen(_ time: Duration) async {
        let server = server
        let runtime = stage.runtime
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                guard let events = try? await server.call({ $0.events(capacity: 4) }) else { return }
                for await _ in events {}
            }
            try? await runtime.sleep(for: time)
            group.cancelAll()
        }
    }

    private func check(_ overview: CircuitOverview) {
        for figures in overview.circuits where figures.service != "leased" {
            stage.round.referee.require(
                figures.calls >= figures.successes + figures.failures + figures.ignored,
                "more reports than calls: \(figures) (B27)",
                at: "circuit '\(figures.service)'"
            )
        }
    }
}

/// An isolation that can be handed out of the server, since what a call returns is copied.
final class BoxedIsolation: Sendable {
    private let isolation: Mutex<CircuitIsolation?>

    init(_ isolation: consuming sending CircuitIsolation) {
        self.isolation = Mutex(isolation)
    }

    func end() {
        isolation.withLock { $0 = nil }
    }
}
