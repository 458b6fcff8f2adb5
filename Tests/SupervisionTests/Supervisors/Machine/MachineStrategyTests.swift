import Testing

@testable import Supervision

@Suite("The machine: strategies")
struct MachineStrategyTests {
    @Test("R40 one-for-one starts the failed child again and leaves the others alone")
    func oneForOne() {
        var tree = MachineHarness(.oneForOne, running: ["a", "b", "c"])
        #expect(tree.crashed("b").orders == ["start b"])
        #expect(tree.lives == ["a running", "b starting", "c running"])
        #expect(tree.started("b").orders.isEmpty)
    }

    @Test("R40 one-for-one restarts several children at the same time")
    func simultaneousRestarts() {
        var tree = MachineHarness(.oneForOne, running: ["a", "b"])
        #expect(tree.crashed("a").orders == ["start a"])
        #expect(tree.crashed("b").orders == ["start b"])
        tree.started("b")
        #expect(tree.lives == ["a starting", "b running"])
    }

    @Test("R41 rest-for-one stops the later children in reverse order and starts from the failed one (C-F03)")
    func restForOne() {
        var tree = MachineHarness(.restForOne, running: ["e", "a", "d", "b", "c"])
        #expect(tree.crashed("d").orders == ["stop c"])
        #expect(tree.ended("c", .shutdown).orders == ["stop b"])
        #expect(tree.ended("b", .shutdown).orders == ["start d"])
        #expect(tree.started("d").orders == ["start b"])
        #expect(tree.started("b").orders == ["start c"])
        #expect(tree.started("c").orders.isEmpty)
        #expect(tree.lives == ["e running", "a running", "d running", "b running", "c running"])
    }

    @Test("R41 rest-for-one of the last child touches no other")
    func restForOneOfTheLast() {
        var tree = MachineHarness(.restForOne, running: ["a", "b"])
        #expect(tree.crashed("b").orders == ["start b"])
    }

    @Test("R42 one-for-all stops all others in reverse order and starts all in order (C-O01)")
    func oneForAll() {
        var tree = MachineHarness(.oneForAll, running: ["a", "b", "c"])
        #expect(tree.crashed("b").orders == ["stop c"])
        #expect(tree.ended("c", .shutdown).orders == ["stop a"])
        #expect(tree.ended("a", .shutdown).orders == ["start a"])
        #expect(tree.started("a").orders == ["start b"])
        #expect(tree.started("b").orders == ["start c"])
        tree.started("c")
        #expect(tree.lives == ["a running", "b running", "c running"])
    }

    @Test("R43 a group restart starts the children that had no process as well")
    func groupBringsBack() {
        var tree = MachineHarness(.restForOne, running: ["a", "b", .init("c", .transient), "d"])
        tree.ended("c", .normal)
        tree.terminate("d")
        tree.ended("d", .shutdown)
        #expect(tree.lives == ["a running", "b running", "c down", "d down"])
        #expect(tree.crashed("b").orders == ["start b"])
        #expect(tree.started("b").orders == ["start c"])
        #expect(tree.started("c").orders == ["start d"])
    }

    @Test("R43 rest-for-one leaves an earlier child without a process alone")
    func earlierStaysDown() {
        var tree = MachineHarness(.restForOne, running: [.init("a", .transient), "b"])
        tree.ended("a", .normal)
        tree.crashed("b")
        tree.started("b")
        #expect(tree.lives == ["a down", "b running"])
    }

    @Test("R44 a sibling that crashed before the pass came to it is told with its own reason, and counts nothing")
    func crashedSibling() {
        var tree = MachineHarness(.oneForAll, running: ["a", "b", "c"])
        tree.crashed("a")
        #expect(tree.ended("b", .error(Mishap("too"))).isEmpty)
        let next = tree.ended("c", .shutdown)
        #expect(next.reports.contains("b shutdown error: too"))
        #expect(next.orders == ["start a"])
        for id: ChildID in ["a", "b", "c"] { tree.started(id) }
        #expect(tree.machine.history.count == 1)
        #expect(tree.lives == ["a running", "b running", "c running"])
    }

    @Test("R44 a crash of an earlier child in a rest-for-one pass is dealt with when the pass is over")
    func earlierCrash() {
        var tree = MachineHarness(.restForOne, running: ["a", "b", "c"])
        tree.crashed("b")
        #expect(tree.crashed("a").isEmpty)
        #expect(tree.ended("c", .shutdown).orders == ["start b"])
        tree.started("b")
        #expect(tree.started("c").orders == ["stop c"])
        #expect(tree.ended("c", .shutdown).orders == ["stop b"])
        #expect(tree.ended("b", .shutdown).orders == ["start a"])
    }

    @Test("R44 a child that crashes again after its restart in a pass is restarted when the pass is over")
    func crashWithinPass() {
        var tree = MachineHarness(.oneForAll, running: ["a", "b"])
        tree.crashed("a")
        tree.ended("b", .shutdown)
        tree.started("a")
        #expect(tree.crashed("a").isEmpty)
        let over = tree.started("b")
        #expect(over.orders == ["stop b"])
        #expect(over.reports.contains("a ended: mishap; restarts now"))
    }

    @Test("R46 a failed restart is tried again by a message of the supervisor to itself")
    func failedRestart() {
        var tree = MachineHarness(running: ["a", "b"])
        tree.crashed("a")
        let failure = tree.startFailed("a", Mishap("no disk"))
        #expect(failure.orders == ["retry a"])
        #expect(failure.reports == ["a start failed: no disk; retry"])
        #expect(tree.lives == ["a restarting", "b running"])
        #expect(tree.crashed("b").orders == ["start b"])
        #expect(tree.retry("a").orders == ["start a"])
        #expect(tree.started("a").reports == ["a restarted"])
    }

    @Test("R47 in a group, those before the failed start stay, those after it have no process (C-L03)")
    func failedGroupStart() {
        var tree = MachineHarness(.restForOne, running: ["a", "b", "c", "d"])
        tree.crashed("b")
        tree.ended("d", .shutdown)
        tree.ended("c", .shutdown)
        tree.started("b")
        #expect(tree.startFailed("c").orders == ["retry c"])
        #expect(tree.lives == ["a running", "b running", "c restarting", "d down"])
        #expect(tree.retry("c").orders == ["start c"])
        #expect(tree.started("c").orders == ["start d"])
        tree.started("d")
        #expect(tree.lives == ["a running", "b running", "c running", "d running"])
        #expect(tree.machine.history.count == 2)
    }

    @Test("R47 one-for-all stops again what had been started, and starts all anew (C-O02)")
    func failedStartOfAll() {
        var tree = MachineHarness(.oneForAll, running: ["a", "b", "c"])
        tree.crashed("c")
        tree.ended("b", .shutdown)
        tree.ended("a", .shutdown)
        tree.started("a")
        #expect(tree.startFailed("b").orders == ["retry b"])
        #expect(tree.lives == ["a running", "b restarting", "c down"])
        #expect(tree.retry("b").orders == ["stop a"])
        #expect(tree.ended("a", .shutdown).orders == ["start a"])
        #expect(tree.started("a").orders == ["start b"])
        #expect(tree.started("b").orders == ["start c"])
    }

    @Test("R47 a crash while a member of the group is restarting takes that member along")
    func crashWhileRestarting() {
        var tree = MachineHarness(.restForOne, running: ["a", "b"])
        tree.crashed("b")
        tree.startFailed("b")
        #expect(tree.crashed("a").orders == ["start a"])
        #expect(tree.started("a").orders == ["start b"])
        tree.started("b")
        #expect(tree.retry("b").isEmpty)
    }

    @Test("R48 a retry for a child that is no longer restarting is dropped")
    func staleRetry() {
        var tree = MachineHarness(running: ["a"])
        tree.crashed("a")
        tree.startFailed("a")
        tree.terminate("a")
        #expect(tree.retry("a").isEmpty)
        #expect(tree.lives == ["a down"])
        tree.restart("a")
        #expect(tree.retry("a").isEmpty)
        tree.started("a")
        #expect(tree.retry("a").isEmpty)
    }

    @Test("R48 an older retry does not pass for the one that a child waits for")
    func olderRetry() {
        var tree = MachineHarness(running: ["a"])
        tree.crashed("a")
        tree.startFailed("a")
        tree.terminate("a")
        tree.restart("a")
        tree.started("a")
        tree.crashed("a")
        tree.startFailed("a")
        #expect(tree.retry("a", number: 0).isEmpty)
        #expect(tree.retry("a", number: 1).orders == ["start a"])
    }

    @Test("R48 a retry that comes during a pass waits for its end")
    func retryDuringPass() {
        var tree = MachineHarness(.restForOne, running: ["a", "b", "c"])
        tree.crashed("b")
        tree.ended("c", .shutdown)
        tree.startFailed("b")
        // The first child fails as well, and its group restart takes the second along; the retry comes too late.
        tree.crashed("a")
        #expect(tree.retry("b").isEmpty)
        #expect(tree.started("a").orders == ["start b"])
        #expect(tree.started("b").orders == ["start c"])
        tree.started("c")
        #expect(tree.lives == ["a running", "b running", "c running"])
        #expect(tree.machine.history.count == 2)
    }
}
