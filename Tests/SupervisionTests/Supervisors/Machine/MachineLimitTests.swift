import Testing

@testable import Supervision

@Suite("The machine: limits of single children")
struct MachineLimitTests {
    /// A permanent child with a limit of its own.
    private func limited(
        _ id: ChildID,
        _ restarts: Int,
        within period: Duration = .seconds(10),
        then consequence: LimitConsequence,
        backoff: Backoff? = nil
    ) -> SupervisorState.Spec {
        var spec = SupervisorState.Spec(id, .permanent, backoff: backoff)
        spec.limit = ChildLimit(intensity: RestartIntensity(restarts, within: period), consequence: consequence)
        return spec
    }

    @Test("S6 park: one restart too many and the child stays down, told as parked; the others go on")
    func park() {
        var tree = MachineHarness(running: [limited("a", 2, then: .park), "b"])
        for _ in 1...2 {
            #expect(tree.crashed("a").orders == ["start a"])
            tree.started("a")
        }
        let parked = tree.crashed("a")
        #expect(parked.orders.isEmpty)
        #expect(parked.reports == ["a ended: mishap; stays down", "a parked: mishap"])
        #expect(parked.closures == ["close a"])
        #expect(tree.lives == ["a down", "b running"])
    }

    @Test("S6 restartChild brings a parked child back, with its limit to use up anew")
    func broughtBack() {
        var tree = MachineHarness(running: [limited("a", 1, then: .park)])
        tree.crashed("a")
        tree.started("a")
        #expect(tree.crashed("a").orders.isEmpty)
        #expect(tree.restart("a").orders == ["start a"])
        tree.started("a")
        #expect(tree.crashed("a").orders == ["start a"])
        tree.started("a")
        #expect(tree.crashed("a").reports == ["a ended: mishap; stays down", "a parked: mishap"])
    }

    @Test("S6 S5 the period of a limit slides, and includes its edge")
    func period() {
        var tree = MachineHarness(running: [limited("a", 1, within: .seconds(10), then: .park)])
        for _ in 1...5 {
            #expect(tree.crashed("a").orders == ["start a"])
            tree.started("a")
            tree.pass(.seconds(10) + .nanoseconds(1))
        }
        tree.crashed("a")
        tree.started("a")
        tree.pass(.seconds(10))
        #expect(tree.crashed("a").orders.isEmpty)
    }

    @Test("S6 a restart that is attempted counts for both; one that the child's limit refuses, not for the supervisor")
    func counts() {
        let intensity = RestartIntensity(3, within: .seconds(100))
        var tree = MachineHarness(intensity: intensity, running: [limited("a", 2, then: .park), "b"])
        for _ in 1...2 {
            tree.crashed("a")
            tree.started("a")
        }
        tree.crashed("a")
        #expect(ChildCounts(tree.machine).recentRestarts == 2)
        tree.restart("a")
        tree.started("a")
        #expect(ChildCounts(tree.machine).recentRestarts == 2)
        tree.crashed("b")
        tree.started("b")
        #expect(tree.crashed("b").orders == ["stop a"])
        #expect(tree.lives == ["a stopping"])
    }

    @Test("S6 the supervisor's intensity holds for a child that is within its own limit")
    func both() {
        var tree = MachineHarness(
            intensity: RestartIntensity(1, within: .seconds(5)),
            running: [limited("a", 5, then: .park)]
        )
        tree.crashed("a")
        tree.started("a")
        #expect(tree.crashed("a").orders == ["finish: gave up at a: mishap"])
    }

    @Test("S6 pause: listed as restarting, tried again after the time, and the count begins with that attempt")
    func pause() {
        var tree = MachineHarness(running: [limited("a", 1, then: .pause(.seconds(30)))])
        tree.crashed("a")
        tree.started("a")
        let paused = tree.crashed("a")
        #expect(paused.orders == ["retry a in 30 s"])
        #expect(paused.reports == ["a ended: mishap; restarts in 30 s", "a paused for 30 s: mishap"])
        #expect(tree.lives == ["a restarting"])
        #expect(tree.retry("a").orders == ["start a"])
        tree.started("a")
        #expect(tree.crashed("a").orders == ["retry a in 30 s"])
        #expect(tree.terminate("a").replies == ["ok"])
        #expect(tree.retry("a").isEmpty)
    }

    @Test("S6 a pause with a limit of zero: each crash is followed by the pause, and by one attempt")
    func alwaysPause() {
        var tree = MachineHarness(running: [limited("a", 0, then: .pause(.seconds(1)))])
        for _ in 1...3 {
            #expect(tree.crashed("a").orders == ["retry a in 1 s"])
            #expect(tree.retry("a").orders == ["start a"])
            tree.started("a")
        }
        #expect(ChildCounts(tree.machine).recentRestarts == 3)
    }

    @Test("S6 R33 escalate: the supervisor gives up by the child's limit")
    func escalate() {
        var tree = MachineHarness(running: ["z", limited("a", 1, then: .escalate), "b"])
        tree.crashed("a")
        tree.started("a")
        let excess = tree.crashed("a")
        #expect(excess.reports == ["a ended: mishap; is not restarted again", "gave up at a: mishap"])
        #expect(excess.orders == ["stop b"])
        guard case .gaveUp("a", _, RestartIntensity(1, within: .seconds(10))) = tree.machine.outcome else {
            Issue.record("unexpected: \(String(describing: tree.machine.outcome))")
            return
        }
    }

    @Test("S6 R46 retries after a failed start count against the child's limit")
    func retries() {
        var tree = MachineHarness(running: [limited("a", 2, then: .park), "b"])
        tree.crashed("a")
        tree.startFailed("a")
        tree.retry("a")
        tree.startFailed("a")
        let parked = tree.retry("a")
        #expect(parked.orders.isEmpty)
        #expect(parked.reports == ["a parked: mishap"])
        #expect(tree.lives == ["a down", "b running"])
    }

    @Test("S6 S7 with a back-off the limit is asked when the delay has passed")
    func backoff() {
        var tree = MachineHarness(running: [limited("a", 1, then: .park, backoff: .constant(.seconds(1)))])
        tree.crashed("a")
        #expect(tree.retry("a").orders == ["start a"])
        tree.started("a")
        #expect(tree.crashed("a").reports == ["a ended: mishap; restarts in 1 s"])
        #expect(tree.retry("a").reports == ["a parked: mishap"])
    }

    @Test("S6 R32 a group's restart counts for the child that caused it, and parking leaves the group alone")
    func group() {
        var tree = MachineHarness(.oneForAll, running: [limited("a", 1, then: .park), limited("b", 1, then: .park)])
        tree.crashed("a")
        tree.ended("b", .shutdown)
        tree.started("a")
        tree.started("b")
        #expect(tree.crashed("b").orders == ["stop a"])
        tree.ended("a", .shutdown)
        tree.started("a")
        tree.started("b")
        let parked = tree.crashed("a")
        #expect(parked.orders.isEmpty)
        #expect(tree.lives == ["a down", "b running"])
    }

    @Test("S6 R43 the restart of its group brings a parked child back")
    func groupBringsBack() {
        var tree = MachineHarness(.oneForAll, running: [limited("a", 0, then: .park), "b"])
        tree.crashed("a")
        #expect(tree.lives == ["a down", "b running"])
        #expect(tree.crashed("b").orders == ["start a"])
    }

    @Test("S6 R47 those whom the failed start of a parked child had held back are started without it")
    func heldBack() {
        var tree = MachineHarness(.restForOne, running: ["z", limited("a", 1, then: .park), "b", "c"])
        tree.crashed("a")
        tree.ended("c", .shutdown)
        tree.ended("b", .shutdown)
        #expect(tree.startFailed("a").orders == ["retry a"])
        #expect(tree.lives == ["z running", "a restarting", "b down", "c down"])
        let parked = tree.retry("a")
        #expect(parked.orders == ["start b"])
        #expect(tree.started("b").orders == ["start c"])
        tree.started("c")
        #expect(tree.lives == ["z running", "a down", "b running", "c running"])
    }

    @Test("S6 R70 a child that is terminated while it holds others back leaves them down; parking later is no matter")
    func terminatedWhileHolding() {
        var tree = MachineHarness(.restForOne, running: [limited("a", 1, then: .park), "b"])
        tree.crashed("a")
        tree.ended("b", .shutdown)
        tree.startFailed("a")
        tree.terminate("a")
        tree.restart("a")
        tree.started("a")
        #expect(tree.crashed("a").orders.isEmpty)
        #expect(tree.lives == ["a down", "b down"])
    }

    @Test("S6 R60 a significant child that is parked ends nothing; it is down when the last of the others ends")
    func significant() {
        var spec = limited("a", 0, then: .park)
        spec.restart = .transient
        spec.isSignificant = true
        var any = MachineHarness(autoShutdown: .anySignificant, running: [spec, "b"])
        #expect(any.crashed("a").orders.isEmpty)
        var all = MachineHarness(
            autoShutdown: .allSignificant,
            running: [spec, .init("b", .transient, significant: true)]
        )
        #expect(all.crashed("a").orders.isEmpty)
        #expect(all.ended("b", .normal).orders == ["finish: auto-shutdown by b"])
    }
}
