import Testing

@testable import Supervision

@Suite("The machine: starts")
struct MachineStartTests {
    @Test("R10 children are started from left to right, each after the one before runs")
    func startOrder() {
        var tree = MachineHarness()
        #expect(tree.begin(["a", "b", "c"]).orders == ["start a"])
        #expect(tree.started("a").orders == ["start b"])
        #expect(tree.started("b").orders == ["start c"])
        #expect(tree.started("c").orders == ["started"])
        #expect(tree.lives == ["a running", "b running", "c running"])
    }

    @Test("R10 a supervisor without children has started at once, and ends at once (C-S01)")
    func empty() {
        var tree = MachineHarness()
        #expect(tree.begin([]).orders == ["started"])
        #expect(tree.stop().orders == ["finish: shutdown"])
    }

    @Test("R13 a failed start rolls back what runs in reverse order, and nothing is tried again")
    func rollBack() {
        var tree = MachineHarness()
        tree.begin(["a", "b", "c", "d"])
        tree.started("a")
        tree.started("b")
        let failure = tree.startFailed("c", Mishap("no disk"))
        #expect(failure.orders == ["stop b"])
        #expect(failure.reports == ["c start failed: no disk"])
        #expect(tree.ended("b", .shutdown).orders == ["stop a"])
        #expect(tree.ended("a", .shutdown).orders == ["finish: c failed to start: no disk"])
    }

    @Test("R13 a failed start of the first child ends the supervisor with nothing to stop")
    func firstFails() {
        var tree = MachineHarness()
        tree.begin(["a", "b"])
        #expect(tree.startFailed("a").orders == ["finish: a failed to start: mishap"])
    }

    @Test("R13 a child that is given up while it starts for the first time is a failed start")
    func unstoppableStart() {
        var tree = MachineHarness()
        tree.begin(["a", "b"])
        tree.started("a")
        let failure = tree.abandoned("b", .unstoppable, askedFor: .seconds(5))
        #expect(failure.orders == ["stop a"])
        #expect(failure.reports == ["b unstoppable after 5 s", "b start failed: exit: unstoppable"])
    }

    @Test("R13 a crash of an earlier child during the first start waits until the last child runs")
    func crashDuringStart() {
        var tree = MachineHarness()
        tree.begin(["a", "b"])
        tree.started("a")
        #expect(tree.crashed("a").isEmpty)
        #expect(tree.started("b").orders == ["started", "start a"])
        #expect(tree.started("a").reports == ["a restarted"])
    }

    @Test("R13 a child that crashed during a start that fails is told, and not stopped")
    func crashDuringFailedStart() {
        var tree = MachineHarness()
        tree.begin(["a", "b", "c"])
        tree.started("a")
        tree.started("b")
        tree.crashed("b")
        let failure = tree.startFailed("c")
        #expect(failure.orders == ["stop a"])
        #expect(failure.reports == ["c start failed: mishap", "b shutdown error: mishap"])
    }

    @Test("R13 a shutdown during the first start stops the starting child, then those before it")
    func stopDuringStart() {
        var tree = MachineHarness()
        tree.begin(["a", "b", "c"])
        tree.started("a")
        #expect(tree.stop().orders == ["stop b"])
        #expect(tree.startFailed("b", Exit(.shutdown)).orders == ["stop a"])
        #expect(tree.ended("a", .shutdown).orders == ["finish: shutdown"])
    }

    @Test("R50 a start that completes after the request to stop it changes nothing; its end is waited for")
    func lateStart() {
        var tree = MachineHarness()
        tree.begin(["a"])
        #expect(tree.stop().orders == ["stop a"])
        #expect(tree.started("a").isEmpty)
        #expect(tree.ended("a", .shutdown).orders == ["finish: shutdown"])
    }

    @Test("R15 a child that is added comes last in the start order")
    func added() {
        var tree = MachineHarness(running: ["a", "b"])
        #expect(tree.add("c").orders == ["start c"])
        let started = tree.started("c")
        #expect(started.replies == ["ok"])
        #expect(started.reports == ["c started on request"])
        #expect(tree.lives == ["a running", "b running", "c running"])
        #expect(tree.stop().orders == ["stop c"])
    }

    @Test("R15 a child that could not be added is not kept")
    func failedAddition() {
        var tree = MachineHarness(running: ["a"])
        tree.add("b")
        let failure = tree.startFailed("b", Mishap("no disk"))
        #expect(failure.replies == ["start failed: no disk"])
        #expect(failure.closures == ["forget b"])
        #expect(failure.orders.isEmpty)
        #expect(tree.lives == ["a running"])
        #expect(tree.add("b").orders == ["start b"])
    }

    @Test("R15 an addition during the first start waits for its end")
    func additionDuringStart() {
        var tree = MachineHarness()
        tree.begin(["a", "b"])
        #expect(tree.add("c").isEmpty)
        tree.started("a")
        #expect(tree.started("b").orders == ["started", "start c"])
    }

    @Test("R15 an addition that waits is refused when the supervisor goes down meanwhile")
    func refusedAddition() {
        var tree = MachineHarness()
        tree.begin(["a"])
        tree.add("b")
        let stop = tree.stop()
        #expect(stop.replies == ["shutting down"])
        #expect(stop.closures == ["forget b"])
        #expect(tree.add("c").replies == ["shutting down"])
    }

    @Test("R16 the first starts and restarts are told as such, additions as done on request")
    func progress() {
        var tree = MachineHarness()
        tree.begin(["a"])
        #expect(tree.started("a").reports == ["a started"])
        tree.crashed("a")
        #expect(tree.started("a").reports == ["a restarted"])
        tree.terminate("a")
        tree.ended("a", .shutdown)
        tree.restart("a")
        #expect(tree.started("a").reports == ["a started on request"])
    }

    @Test("S6 the default limit is 3 restarts within 5 seconds")
    func defaultLimit() {
        let machine = SupervisorState(strategy: .oneForOne, random: { $0.upperBound })
        #expect(machine.history.intensity == RestartIntensity(3, within: .seconds(5)))
        #expect(Supervisor {}.intensity == RestartIntensity(3, within: .seconds(5)))
    }
}
