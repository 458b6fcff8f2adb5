import Testing

@testable import Supervision

@Suite("The machine: requests about one child come one after the other")
struct MachineFollowersTests {
    @Test("R70 what is asked about a child that is being stopped waits until it is down")
    func whileStopping() {
        var tree = MachineHarness(running: ["a", "z"])
        tree.terminate("a")
        #expect(tree.restart("a").isEmpty)
        #expect(tree.delete("a").isEmpty)
        let down = tree.ended("a", .shutdown)
        #expect(down.replies == ["ok"])
        #expect(down.orders == ["start a"])
        #expect(tree.started("a").replies == ["ok", "running"])
        #expect(tree.lives == ["a running", "z running"])
    }

    @Test("R70 what is asked about a child that is being started waits until it runs")
    func whileStarting() {
        var tree = MachineHarness(running: ["z"])
        tree.add("a")
        #expect(tree.restart("a").isEmpty)
        #expect(tree.delete("a").isEmpty)
        #expect(tree.add("a").isEmpty)
        let started = tree.started("a")
        #expect(started.replies == ["ok", "running", "running", "already started"])
        #expect(started.closures == ["forget a"])
        #expect(started.orders.isEmpty)
    }

    @Test("R15 a second addition of an id is tried when the first has failed, and keeps its place in the start order")
    func secondAddition() {
        var tree = MachineHarness(running: ["z"])
        tree.add("a")
        tree.add("a")
        tree.add("c")
        tree.started("c")
        let failure = tree.startFailed("a")
        #expect(failure.replies == ["start failed: mishap"])
        #expect(failure.orders == ["start a"])
        #expect(tree.lives == ["z running", "a starting", "c running"])
        #expect(tree.started("a").replies == ["ok"])
    }

    @Test("R71 a second restartChild is tried when the first has failed")
    func secondRestart() {
        var tree = MachineHarness(running: ["a"])
        tree.terminate("a")
        tree.ended("a", .shutdown)
        tree.restart("a")
        tree.restart("a")
        let failure = tree.startFailed("a")
        #expect(failure.replies == ["start failed: mishap"])
        #expect(failure.orders == ["start a"])
        #expect(tree.started("a").replies == ["ok"])
    }

    @Test("S8 R70 a termination cuts a start off at once, and what was asked before it does not undo it")
    func terminationLast() {
        var tree = MachineHarness(running: ["a"])
        tree.terminate("a")
        tree.ended("a", .shutdown)
        tree.restart("a")
        tree.restart("a")
        let cut = tree.terminate("a")
        #expect(cut.orders == ["stop a"])
        #expect(cut.replies == ["start failed: exit: shutdown", "running"])
        let down = tree.startFailed("a", Exit(.shutdown))
        #expect(down.replies == ["ok"])
        #expect(down.orders.isEmpty)
        #expect(tree.lives == ["a down"])
    }

    @Test("R70 the second termination of a temporary child finds none")
    func temporary() {
        var tree = MachineHarness(running: [.init("a", .temporary), "z"])
        tree.terminate("a")
        #expect(tree.terminate("a").isEmpty)
        #expect(tree.ended("a", .shutdown).replies == ["ok", "not found among z"])
    }

    @Test("R70 a temporary child that is being stopped can be started anew")
    func temporaryAgain() {
        var tree = MachineHarness(running: [.init("a", .temporary), "z"])
        tree.terminate("a")
        #expect(tree.add("a").isEmpty)
        let down = tree.ended("a", .shutdown)
        #expect(down.replies == ["ok"])
        #expect(down.orders == ["start a"])
        #expect(tree.lives == ["z running", "a starting"])
    }

    @Test("R70 what waits for a child is refused when the supervisor goes down")
    func shutdown() {
        var tree = MachineHarness(running: ["a"])
        tree.terminate("a")
        tree.restart("a")
        tree.add("a")
        let stop = tree.stop()
        #expect(stop.replies == ["shutting down", "shutting down"])
        #expect(stop.closures == ["forget a"])
        #expect(tree.ended("a", .shutdown).replies == ["ok"])
        #expect(tree.isFinished)
    }

    @Test("S8 what waits for a child is put off further by the restart of its group")
    func group() {
        var tree = MachineHarness(.oneForAll, running: ["a", "b"])
        tree.terminate("b")
        tree.delete("b")
        tree.crashed("a")
        #expect(tree.ended("b", .shutdown).orders == ["start a"])
        tree.started("a")
        #expect(tree.started("b").replies == ["running"])
    }

    @Test("S8 what waits for a child comes before what was asked after the restart of its group had begun")
    func orderAfterGroup() {
        var tree = MachineHarness(.oneForAll, running: ["a", "b"])
        tree.terminate("b")
        tree.delete("b")
        tree.crashed("a")
        tree.terminate("b")
        tree.ended("b", .shutdown)
        tree.started("a")
        let over = tree.started("b")
        #expect(over.replies == ["running"])
        #expect(over.orders == ["stop b"])
        #expect(tree.ended("b", .shutdown).replies == ["ok"])
    }

    @Test("R70 a request that came before an end is answered as if the child still runs")
    func beforeTheEnd() {
        var tree = MachineHarness(.restForOne, running: ["b", "a"])
        tree.crashed("a")
        tree.restart("b")
        tree.delete("b")
        tree.add("b")
        tree.crashed("b")
        let over = tree.started("a")
        #expect(over.replies == ["running", "running", "already started"])
        #expect(over.reports.contains("b ended: mishap; restarts now"))
    }

    @Test("R53 R44 a child that ended before its termination was dealt with is told of with its own reason")
    func endedBeforeTermination() {
        var tree = MachineHarness(.restForOne, running: ["b", "a"])
        tree.crashed("a")
        tree.terminate("b")
        tree.crashed("b")
        let over = tree.started("a")
        #expect(over.reports == ["a restarted", "b shutdown error: mishap"])
        #expect(over.replies == ["ok"])
        #expect(tree.lives == ["b down", "a running"])
    }
}
