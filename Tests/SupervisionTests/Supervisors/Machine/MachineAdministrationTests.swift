import Testing

@testable import Supervision

@Suite("The machine: administration")
struct MachineAdministrationTests {
    enum Situation: CaseIterable { case running, restarting, down, unknown }

    /// A supervisor with child `a` in that situation, and a running `z`.
    private func tree(_ situation: Situation) -> MachineHarness {
        switch situation {
        case .running: return MachineHarness(running: ["a", "z"])
        case .restarting:
            var tree = MachineHarness(running: ["a", "z"])
            tree.crashed("a")
            tree.startFailed("a")
            return tree
        case .down:
            var tree = MachineHarness(running: ["a", "z"])
            tree.terminate("a")
            tree.ended("a", .shutdown)
            return tree
        case .unknown: return MachineHarness(running: ["z"])
        }
    }

    @Test("R70 startChild of the same id")
    func start() {
        for (situation, reply) in zip(Situation.allCases, ["already started", "already present", "already present"]) {
            var tree = tree(situation)
            let answer = tree.add("a")
            #expect(answer.replies == [reply])
            #expect(answer.orders.isEmpty)
            #expect(answer.closures == ["forget a"])
        }
        var tree = tree(.unknown)
        #expect(tree.add("a").orders == ["start a"])
        #expect(tree.started("a").replies == ["ok"])
    }

    @Test("R70 restartChild")
    func restart() {
        var running = tree(.running)
        #expect(running.restart("a").replies == ["running"])
        var restarting = tree(.restarting)
        #expect(restarting.restart("a").replies == ["restarting"])
        var unknown = tree(.unknown)
        #expect(unknown.restart("a").replies == ["not found among z"])
        var down = tree(.down)
        #expect(down.restart("a").orders == ["start a"])
        #expect(down.started("a").replies == ["ok"])
        #expect(down.machine.history.count == 0)
    }

    @Test("R70 terminateChild")
    func terminate() {
        var running = tree(.running)
        #expect(running.terminate("a").orders == ["stop a"])
        #expect(running.ended("a", .shutdown).replies == ["ok"])
        #expect(running.lives == ["a down", "z running"])
        var restarting = tree(.restarting)
        #expect(restarting.terminate("a").replies == ["ok"])
        #expect(restarting.lives == ["a down", "z running"])
        #expect(restarting.retry("a").isEmpty)
        var down = tree(.down)
        let answer = down.terminate("a")
        #expect(answer.replies == ["ok"])
        #expect(answer.orders.isEmpty)
        var unknown = tree(.unknown)
        #expect(unknown.terminate("a").replies == ["not found among z"])
    }

    @Test("R70 deleteChild")
    func delete() {
        var running = tree(.running)
        #expect(running.delete("a").replies == ["running"])
        var restarting = tree(.restarting)
        #expect(restarting.delete("a").replies == ["restarting"])
        var down = tree(.down)
        let answer = down.delete("a")
        #expect(answer.replies == ["ok"])
        #expect(answer.closures == ["forget a"])
        #expect(down.lives == ["z running"])
        var unknown = tree(.unknown)
        #expect(unknown.delete("a").replies == ["not found among z"])
    }

    @Test("R70 terminateChild drops the specification of a temporary child")
    func terminateTemporary() {
        var tree = MachineHarness(running: [.init("a", .temporary), "z"])
        tree.terminate("a")
        #expect(tree.ended("a", .shutdown).closures == ["forget a"])
        #expect(tree.restart("a").replies == ["not found among z"])
    }

    @Test("R70 the whole life of a child on request (C-M01)")
    func cycle() {
        var tree = MachineHarness(running: [])
        tree.add("a")
        tree.started("a")
        #expect(tree.add("a").replies == ["already started"])
        tree.terminate("a")
        tree.ended("a", .shutdown)
        #expect(ChildCounts(tree.machine).specs == 1)
        #expect(ChildCounts(tree.machine).active == 0)
        #expect(tree.terminate("a").replies == ["ok"])
        #expect(tree.add("a").replies == ["already present"])
        tree.restart("a")
        tree.started("a")
        #expect(tree.restart("a").replies == ["running"])
        #expect(tree.delete("a").replies == ["running"])
        tree.terminate("a")
        tree.ended("a", .shutdown)
        #expect(tree.delete("a").replies == ["ok"])
        #expect(tree.restart("a").replies == ["not found among "])
        #expect(tree.add("a").orders == ["start a"])
    }

    @Test("R71 a failed restartChild gives the error; the child stays down and nothing is tried again (C-S08)")
    func failedRestart() {
        var tree = tree(.down)
        tree.restart("a")
        let failure = tree.startFailed("a", Mishap("no disk"))
        #expect(failure.replies == ["start failed: no disk"])
        #expect(failure.orders.isEmpty)
        #expect(tree.lives == ["a down", "z running"])
    }

    @Test("S8 a child that is starting can be terminated; who asked for the start is told")
    func terminateWhileStarting() {
        var tree = MachineHarness(running: ["z"])
        tree.add("a")
        let answer = tree.terminate("a")
        #expect(answer.orders == ["stop a"])
        #expect(answer.replies == ["start failed: exit: shutdown"])
        #expect(tree.startFailed("a", Exit(.shutdown)).replies == ["ok"])
        #expect(tree.lives == ["z running", "a down"])
    }

    @Test("R70 several requests to terminate a child are all answered when it is gone")
    func terminateTwice() {
        var tree = tree(.running)
        tree.terminate("a")
        #expect(tree.terminate("a").isEmpty)
        #expect(tree.ended("a", .shutdown).replies == ["ok", "ok"])
    }

    @Test("S8 requests that come during a pass are answered after it, in the order in which they came")
    func requestsDuringPass() {
        var tree = MachineHarness(.oneForAll, running: ["a", "b"])
        tree.crashed("a")
        #expect(tree.restart("x").isEmpty)
        #expect(tree.delete("a").isEmpty)
        #expect(tree.terminate("b").isEmpty)
        tree.ended("b", .shutdown)
        tree.started("a")
        let over = tree.started("b")
        #expect(over.replies == ["not found among a b", "running"])
        #expect(over.orders == ["stop b"])
        #expect(tree.ended("b", .shutdown).replies == ["ok"])
    }

    @Test("S8 requests that wait are refused when the supervisor goes down")
    func requestsDuringShutdown() {
        var tree = MachineHarness(.oneForAll, running: ["a", "b"])
        tree.crashed("a")
        tree.restart("a")
        tree.delete("a")
        tree.terminate("b")
        #expect(tree.stop().replies == ["shutting down", "shutting down", "shutting down"])
        #expect(tree.terminate("a").replies == ["shutting down"])
    }

    @Test("R70 whoever waits for a termination is answered when the supervisor goes down meanwhile")
    func terminationAndShutdown() {
        var tree = tree(.running)
        tree.terminate("a")
        #expect(tree.stop().orders == ["stop z"])
        #expect(tree.ended("a", .shutdown).replies == ["ok"])
        #expect(tree.ended("z", .shutdown).orders == ["finish: shutdown"])
    }

    @Test("S8 a child whose start was asked for is stopped with the supervisor, and its caller is told")
    func additionAndShutdown() {
        var tree = MachineHarness(running: ["z"])
        tree.add("a")
        let stop = tree.stop()
        #expect(stop.orders == ["stop a"])
        #expect(stop.replies == ["shutting down"])
        #expect(tree.ended("a", .shutdown).orders == ["stop z"])
    }

    @Test("R41 an addition that is starting when its group restarts is let start first, and then takes part")
    func additionAndGroup() {
        var tree = MachineHarness(.oneForAll, running: ["a"])
        tree.add("b")
        #expect(tree.crashed("a").orders.isEmpty)
        let started = tree.started("b")
        #expect(started.replies == ["ok"])
        #expect(started.orders == ["stop b"])
        #expect(tree.ended("b", .shutdown).orders == ["start a"])
        #expect(tree.started("a").orders == ["start b"])
    }

    @Test("R41 an addition that fails while its group waits for it is dropped")
    func failedAdditionAndGroup() {
        var tree = MachineHarness(.oneForAll, running: ["a"])
        tree.add("b")
        tree.crashed("a")
        let failure = tree.startFailed("b")
        #expect(failure.replies == ["start failed: mishap"])
        #expect(failure.orders == ["start a"])
        tree.started("a")
        #expect(tree.lives == ["a running"])
    }

    @Test("R73 slots stand in start order, additions last, also after removals")
    func order() {
        var tree = MachineHarness(running: ["a", "b"])
        tree.add("c")
        tree.started("c")
        tree.terminate("a")
        tree.ended("a", .shutdown)
        tree.delete("a")
        tree.add("a")
        tree.started("a")
        #expect(tree.lives == ["b running", "c running", "a running"])
    }

    @Test("R74 counts: specs are all, active those that run, supervisors and workers by type")
    func counts() {
        var supervisor = SupervisorState.Spec("s", .permanent)
        supervisor.isSupervisor = true
        var tree = MachineHarness(running: ["a", "b", supervisor])
        tree.terminate("s")
        tree.ended("s", .shutdown)
        tree.crashed("b")
        tree.startFailed("b")
        let counts = ChildCounts(tree.machine)
        #expect((counts.specs, counts.active, counts.supervisors, counts.workers) == (3, 1, 1, 2))
        #expect(counts.zombies == 0)
    }
}
