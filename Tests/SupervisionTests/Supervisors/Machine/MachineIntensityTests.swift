import Testing

@testable import Supervision

@Suite("The machine: restart intensity")
struct MachineIntensityTests {
    @Test("R30 intensity N allows N restarts in a period; one more and the supervisor gives up", arguments: 0...4)
    func limit(_ allowed: Int) {
        var tree = MachineHarness(intensity: RestartIntensity(allowed, within: .seconds(5)), running: ["a"])
        for _ in 0..<allowed {
            #expect(tree.crashed("a").orders == ["start a"])
            tree.started("a")
        }
        #expect(tree.crashed("a").orders == ["finish: gave up at a: mishap"])
    }

    @Test("R30 a restart leaves the window when more than a period has passed")
    func slidingWindow() {
        var tree = MachineHarness(intensity: RestartIntensity(2, within: .seconds(5)), running: ["a"])
        for _ in 1...10 {
            #expect(tree.crashed("a").orders == ["start a"])
            tree.started("a")
            tree.pass(.seconds(3))
        }
        #expect(tree.machine.history.count == 2)
    }

    @Test("S5 the window includes its edge: a restart exactly one period ago still counts")
    func inclusiveEdge() {
        for (wait, gives) in [
            (Duration.seconds(5), "finish: gave up at a: mishap"),
            (.seconds(5) + .nanoseconds(1), "start a"),
            (.seconds(5) - .nanoseconds(1), "finish: gave up at a: mishap"),
        ] {
            var tree = MachineHarness(intensity: RestartIntensity(1, within: .seconds(5)), running: ["a"])
            tree.crashed("a")
            tree.started("a")
            tree.pass(wait)
            #expect(tree.crashed("a").orders == [gives], "after \(wait)")
        }
    }

    @Test("S5 the window is measured in full resolution, not in whole seconds (C-I02)")
    func resolution() {
        var tree = MachineHarness(intensity: RestartIntensity(1, within: .milliseconds(2)), running: ["a"])
        for _ in 1...20 {
            #expect(tree.crashed("a").orders == ["start a"])
            tree.started("a")
            tree.pass(.microseconds(2001))
        }
    }

    @Test("R30 a long history costs no more than its period holds")
    func longHistory() {
        var history = RestartHistory(RestartIntensity(50, within: .seconds(10)))
        var now = RuntimeInstant.origin
        for _ in 1...5000 {
            let isAllowed = history.note(at: now)
            #expect(isAllowed)
            now = now.advanced(by: .milliseconds(250))
        }
        #expect(history.count == 41)
    }

    @Test("R31 intensity 0: the first restart ends the supervisor (C-I06)")
    func zero() {
        var tree = MachineHarness(intensity: RestartIntensity(0, within: .seconds(5)), running: ["a", "b"])
        let end = tree.crashed("b")
        #expect(end.orders == ["stop a"])
        #expect(end.reports == ["b ended: mishap; is not restarted again", "gave up at b: mishap"])
    }

    @Test(
        "R32 a group restart counts one, however many children it restarts",
        arguments: [Strategy.oneForAll, .restForOne]
    )
    func groupCountsOne(_ strategy: Strategy) {
        var tree = MachineHarness(
            strategy,
            intensity: RestartIntensity(1, within: .seconds(5)),
            running: ["a", "b", "c"]
        )
        tree.crashed("a")
        for id: ChildID in ["c", "b"] { tree.ended(id, .shutdown) }
        for id: ChildID in ["a", "b", "c"] { tree.started(id) }
        #expect(tree.machine.history.count == 1)
        #expect(tree.lives == ["a running", "b running", "c running"])
        #expect(tree.crashed("a").reports.last == "gave up at a: mishap")
    }

    @Test("R32 each retry after a failed start counts one more (C-I03)")
    func retriesCount() {
        var tree = MachineHarness(intensity: RestartIntensity(3, within: .seconds(5)), running: ["a", "b"])
        tree.crashed("a")
        for _ in 1...2 {
            #expect(tree.startFailed("a", Mishap("again")).orders == ["retry a"])
            #expect(tree.retry("a").orders == ["start a"])
        }
        tree.startFailed("a", Mishap("again"))
        #expect(tree.retry("a").orders == ["stop b"])
        #expect(tree.ended("b", .shutdown).orders == ["finish: gave up at a: again"])
    }

    @Test("R33 on giving up, the child is dropped and the others are stopped in reverse order")
    func givingUp() {
        var tree = MachineHarness(intensity: RestartIntensity(0, within: .seconds(5)), running: ["a", "b", "c", "d"])
        let end = tree.crashed("b")
        #expect(end.orders == ["stop d"])
        #expect(end.closures == ["forget b"])
        #expect(tree.lives == ["a running", "c running", "d stopping"])
        #expect(tree.ended("d", .shutdown).orders == ["stop c"])
        #expect(tree.ended("c", .shutdown).orders == ["stop a"])
        #expect(tree.ended("a", .shutdown).orders == ["finish: gave up at b: mishap"])
    }

    @Test("R34 a supervisor child that ended with shutdown: permanent restarts, transient does not, temporary goes")
    func escalation() {
        for (restart, lives) in [
            (Restart.permanent, ["inner starting"]), (.transient, ["inner down"]), (.temporary, []),
        ] {
            var spec = SupervisorState.Spec("inner", restart)
            spec.isSupervisor = true
            var tree = MachineHarness(running: [spec])
            tree.ended("inner", .shutdown)
            #expect(tree.lives == lives)
        }
    }

    @Test("R35 the count is over all children of the supervisor (C-I01)")
    func countIsShared() {
        var tree = MachineHarness(intensity: RestartIntensity(2, within: .seconds(100)), running: ["a", "b"])
        #expect(tree.crashed("a").orders == ["start a"])
        tree.started("a")
        #expect(tree.crashed("b").orders == ["start b"])
        tree.started("b")
        #expect(tree.crashed("a").orders == ["stop b"])
        #expect(tree.ended("b", .shutdown).orders == ["finish: gave up at a: mishap"])
    }

    @Test("R36 a new incarnation of a supervisor counts from zero")
    func freshCount() {
        var tree = MachineHarness(intensity: RestartIntensity(1, within: .seconds(5)), running: ["a"])
        tree.crashed("a")
        #expect(tree.machine.history.count == 1)
        tree = MachineHarness(intensity: RestartIntensity(1, within: .seconds(5)), running: ["a"])
        #expect(tree.crashed("a").orders == ["start a"])
    }
}
