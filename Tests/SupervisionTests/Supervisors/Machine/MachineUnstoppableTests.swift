import Testing

@testable import Supervision

@Suite("The machine: children that cannot be stopped")
struct MachineUnstoppableTests {
    private func child(_ id: ChildID, _ policy: UnstoppablePolicy, _ restart: Restart = .permanent)
        -> SupervisorState.Spec
    {
        var spec = SupervisorState.Spec(id, restart)
        spec.unstoppablePolicy = policy
        return spec
    }

    @Test("S3 abandon: the supervisor goes on, and counts the zombie")
    func abandon() {
        var tree = MachineHarness(running: [child("a", .abandon), "b"])
        tree.terminate("a")
        let given = tree.abandoned("a", .unstoppable, askedFor: .seconds(5))
        #expect(given.replies == ["ok"])
        #expect(given.orders.isEmpty)
        #expect(tree.zombies == ["a": 1])
    }

    @Test("S3 escalate: when the child is terminated on request, whoever asked is told, and the supervisor fails")
    func terminated() {
        var tree = MachineHarness(running: ["z", child("a", .escalate), "b"])
        tree.terminate("a")
        let given = tree.abandoned("a", .unstoppable, askedFor: .seconds(5))
        #expect(given.reports == ["a unstoppable after 5 s", "a stopped: unstoppable"])
        #expect(given.replies == ["ok"])
        #expect(given.orders == ["stop b"])
        #expect(tree.ended("b", .shutdown).orders == ["stop z"])
        #expect(tree.ended("z", .shutdown).orders == ["finish: a unstoppable"])
    }

    @Test("S3 escalate: what was asked about the child while it was stopped is refused, and does not start it")
    func followers() {
        var tree = MachineHarness(running: [child("a", .escalate)])
        tree.terminate("a")
        #expect(tree.restart("a").isEmpty)
        let given = tree.abandoned("a", .unstoppable, askedFor: .seconds(5))
        #expect(given.replies == ["ok", "shutting down"])
        #expect(given.orders == ["finish: a unstoppable"])
    }

    @Test("S3 escalate: a group's restart ends there, and starts nothing any more")
    func inGroup() {
        var tree = MachineHarness(.oneForAll, running: ["a", child("b", .escalate), "c"])
        tree.crashed("a")
        #expect(tree.restart("x").isEmpty)
        tree.ended("c", .shutdown)
        let given = tree.abandoned("b", .unstoppable, askedFor: .seconds(5))
        #expect(given.replies == ["shutting down"])
        #expect(given.orders == ["finish: b unstoppable"])
        #expect(tree.lives == ["a down", "b down", "c down"])
    }

    @Test("S3 escalate: on the way down the supervisor goes on stopping, and ends with the error")
    func onTheWayDown() {
        var tree = MachineHarness(running: ["a", child("b", .escalate), child("c", .escalate)])
        tree.stop()
        #expect(tree.abandoned("c", .unstoppable, askedFor: .seconds(5)).orders == ["stop b"])
        #expect(tree.abandoned("b", .unstoppable, askedFor: .seconds(5)).orders == ["stop a"])
        #expect(tree.ended("a", .shutdown).orders == ["finish: c unstoppable"])
    }

    @Test(
        "S3 escalate: a crash whose clean-up hangs is told, and not restarted",
        arguments: [Restart.permanent, .temporary]
    )
    func hangingCleanUp(_ restart: Restart) {
        var tree = MachineHarness(running: ["z", child("a", .escalate, restart)])
        let given = tree.abandoned("a", .error(Mishap()), askedFor: .seconds(5))
        #expect(given.reports == ["a unstoppable after 5 s", "a ended: mishap; is not restarted again"])
        #expect(given.orders == ["stop z"])
        #expect(tree.ended("z", .shutdown).orders == ["finish: a unstoppable"])
    }

    @Test("S3 escalate: a start that was given up: whoever asked for it is told, and the supervisor fails")
    func hangingStart() {
        var tree = MachineHarness(running: ["z"])
        tree.add(child("a", .escalate))
        let given = tree.abandoned("a", .unstoppable, askedFor: .seconds(5))
        #expect(given.replies == ["start failed: exit: unstoppable"])
        #expect(given.orders == ["stop z"])
    }

    @Test("S3 escalate: a restart that was given up is not tried again")
    func hangingRestart() {
        var tree = MachineHarness(running: ["z", child("a", .escalate)])
        tree.crashed("a")
        let given = tree.abandoned("a", .unstoppable, askedFor: .seconds(5))
        #expect(given.reports == ["a unstoppable after 5 s", "a start failed: exit: unstoppable"])
        #expect(given.orders == ["stop z"])
    }

    @Test("S3 R13 escalate: in the first start it is the start that fails, and that stays the error")
    func firstStart() {
        var tree = MachineHarness()
        tree.begin([child("a", .escalate), child("b", .escalate)])
        tree.started("a")
        #expect(tree.abandoned("b", .unstoppable, askedFor: .seconds(5)).orders == ["stop a"])
        let end = tree.abandoned("a", .unstoppable, askedFor: .seconds(5))
        #expect(end.orders == ["finish: b failed to start: exit: unstoppable"])
    }

    @Test("S3 abortProcess: after the event the process is ended; should it not be, all goes on")
    func abort() {
        var tree = MachineHarness(running: [child("a", .abortProcess)])
        tree.terminate("a")
        let given = tree.abandoned("a", .unstoppable, askedFor: .seconds(5))
        #expect(given.orders == ["abort for a"])
        let kinds = given.actions.compactMap { action in
            switch action {
            case .report(.unstoppable): "event"
            case .abortProcess: "abort"
            case .reply: "reply"
            default: nil
            }
        }
        #expect(kinds == ["event", "abort", "reply"])
    }
}
