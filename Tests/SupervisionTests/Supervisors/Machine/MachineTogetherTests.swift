import Testing

@testable import Supervision

@Suite("The machine: children that start together")
struct MachineTogetherTests {
    /// A child that starts with the one before it.
    private func with(_ id: ChildID, _ restart: Restart = .permanent) -> SupervisorState.Spec {
        var spec = SupervisorState.Spec(id, restart)
        spec.startsWithPrevious = true
        return spec
    }

    /// `z`, then `a`, `b` and `c` together, then `d`, all running.
    private func tree(_ strategy: Strategy) -> MachineHarness {
        MachineHarness(strategy, running: ["z", "a", with("b"), with("c"), "d"])
    }

    @Test("A2 R10 they start at once, when what stands before them runs; what stands after waits for all of them")
    func start() {
        var tree = MachineHarness()
        #expect(tree.begin(["z", "a", with("b"), "d"]).orders == ["start z"])
        #expect(tree.started("z").orders == ["start a", "start b"])
        #expect(tree.started("b").orders.isEmpty)
        #expect(tree.lives == ["z running", "a starting", "b running", "d down"])
        #expect(tree.started("a").orders == ["start d"])
        #expect(tree.started("d").orders == ["started"])
        #expect(tree.stop().orders == ["stop d"])
        #expect(tree.ended("d", .shutdown).orders == ["stop b"])
        #expect(tree.ended("b", .shutdown).orders == ["stop a"])
    }

    @Test("A2 R13 one that fails in the first start: the others are stopped, those that start included")
    func failure() {
        var tree = MachineHarness()
        tree.begin(["z", "a", with("b"), with("c"), "d"])
        tree.started("z")
        tree.started("a")
        #expect(tree.startFailed("b", Mishap("no disk")).orders == ["stop c"])
        #expect(tree.startFailed("c", Exit(.shutdown)).orders == ["stop a"])
        #expect(tree.ended("a", .shutdown).orders == ["stop z"])
        #expect(tree.ended("z", .shutdown).orders == ["finish: b failed to start: no disk"])
    }

    @Test("A2 R12 one that ignores holds nobody up")
    func ignored() {
        var tree = MachineHarness()
        tree.begin(["a", with("b"), "d"])
        #expect(tree.startFailed("a", Ignore()).orders.isEmpty)
        #expect(tree.started("b").orders == ["start d"])
    }

    @Test("A2 S8 a request to stop in the middle of it stops those that start as well")
    func stopped() {
        var tree = MachineHarness()
        tree.begin(["a", with("b"), "d"])
        tree.started("a")
        #expect(tree.stop().orders == ["stop b"])
        #expect(tree.startFailed("b", Exit(.shutdown)).orders == ["stop a"])
    }

    @Test("A2 R41 rest-for-one: the others of its group are left alone, what stands after is restarted")
    func restForOne() {
        var tree = tree(.restForOne)
        #expect(tree.crashed("a").orders == ["stop d"])
        #expect(tree.ended("d", .shutdown).orders == ["start a"])
        #expect(tree.started("a").orders == ["start d"])
        tree.started("d")
        #expect(tree.crashed("z").orders == ["stop d"])
        tree.ended("d", .shutdown)
        tree.ended("c", .shutdown)
        tree.ended("b", .shutdown)
        #expect(tree.ended("a", .shutdown).orders == ["start z"])
        #expect(tree.started("z").orders == ["start a", "start b", "start c"])
    }

    @Test("A2 R42 one-for-all starts them at once again")
    func oneForAll() {
        var tree = tree(.oneForAll)
        tree.crashed("d")
        for id in ["c", "b", "a"] as [ChildID] { tree.ended(id, .shutdown) }
        #expect(tree.ended("z", .shutdown).orders == ["start z"])
        #expect(tree.started("z").orders == ["start a", "start b", "start c"])
    }

    @Test(
        "A2 R47 one that fails in the restart: the others of its group keep running, those after it wait for the retry"
    )
    func failedRestart() {
        var tree = tree(.restForOne)
        tree.crashed("z")
        for id in ["d", "c", "b", "a"] as [ChildID] { tree.ended(id, .shutdown) }
        tree.started("z")
        tree.started("a")
        #expect(tree.startFailed("b").orders == ["retry b"])
        #expect(tree.retry("b").isEmpty)
        #expect(tree.started("c").orders == ["start b"])
        #expect(tree.lives == ["z running", "a running", "b starting", "c running", "d down"])
        #expect(tree.started("b").orders == ["start d"])
    }

    @Test("A2 R47 two that fail in the restart: the first retry tries both, and the other one's is dropped (R48)")
    func twoFail() {
        var tree = tree(.restForOne)
        tree.crashed("z")
        for id in ["d", "c", "b", "a"] as [ChildID] { tree.ended(id, .shutdown) }
        tree.started("z")
        tree.startFailed("a")
        tree.startFailed("c")
        tree.started("b")
        #expect(tree.lives == ["z running", "a restarting", "b running", "c restarting", "d down"])
        #expect(tree.retry("c").orders == ["start a", "start c"])
        tree.started("a")
        #expect(tree.started("c").orders == ["start d"])
        tree.started("d")
        #expect(tree.retry("a").isEmpty)
        #expect(ChildCounts(tree.machine).recentRestarts == 2)
    }

    @Test("A2 S18 one that crashes while the others still start is dealt with after the start")
    func crashMeanwhile() {
        var tree = MachineHarness()
        tree.begin(["a", with("b")])
        tree.started("a")
        #expect(tree.crashed("a").isEmpty)
        #expect(tree.started("b").orders == ["started", "start a"])
    }

    @Test("A2 R77 new ones that are listed together start together in the restart of their group")
    func reconfigured() {
        var tree = MachineHarness(.oneForAll, running: ["a"])
        tree.reconfigure([with("a"), with("b"), with("c")])
        #expect(tree.crashed("a").orders == ["start a"])
        #expect(tree.started("a").orders == ["start b", "start c"])
    }
}
