import Testing

@testable import Supervision

@Suite("The machine: automatic shutdown")
struct MachineAutoShutdownTests {
    private func tree(_ mode: Supervisor.AutoShutdown, _ specs: [SupervisorState.Spec]) -> MachineHarness {
        MachineHarness(autoShutdown: mode, running: specs)
    }

    private var two: [SupervisorState.Spec] {
        [.init("a", .transient, significant: true), .init("b", .temporary, significant: true), "c"]
    }

    @Test("R60 ends on request trigger nothing")
    func onRequest() {
        var tree = tree(.anySignificant, two)
        for id: ChildID in ["a", "b"] {
            tree.terminate(id)
            #expect(tree.ended(id, .shutdown).orders.isEmpty)
        }
        #expect(tree.lives == ["a down", "c running"])
    }

    @Test("R60 ends as part of a group restart trigger nothing")
    func inGroup() {
        var tree = MachineHarness(.oneForAll, autoShutdown: .anySignificant, running: two)
        tree.crashed("c")
        tree.ended("b", .shutdown)
        #expect(tree.ended("a", .shutdown).orders == ["start a"])
    }

    @Test("R61 never: significant or not, nothing follows")
    func never() {
        var tree = tree(.never, two)
        #expect(tree.ended("a", .normal).orders.isEmpty)
        #expect(tree.ended("b", .error(Mishap())).orders.isEmpty)
        #expect(tree.lives == ["a down", "c running"])
    }

    @Test("R61 a child that is not significant triggers nothing (C-Z01)")
    func insignificant() {
        for mode in [Supervisor.AutoShutdown.never, .anySignificant, .allSignificant] {
            for restart in [Restart.transient, .temporary] {
                for reason in [ExitReason.normal, .shutdown, .shutdownWith("x")] {
                    var tree = tree(mode, [.init("a", restart), "b"])
                    #expect(tree.ended("a", reason).orders.isEmpty)
                }
            }
        }
    }

    @Test("R62 any: the first end of a significant child stops the supervisor")
    func any() {
        var tree = tree(.anySignificant, two)
        let end = tree.ended("b", .error(Mishap()))
        #expect(end.orders == ["stop c"])
        #expect(end.reports.contains("auto-shutdown by b"))
        tree.ended("c", .shutdown)
        #expect(tree.ended("a", .shutdown).orders == ["finish: auto-shutdown by b"])
    }

    @Test("R63 all: the end of the last significant child stops the supervisor (C-Z03)")
    func all() {
        var tree = tree(.allSignificant, two)
        #expect(tree.ended("a", .normal).orders.isEmpty)
        #expect(tree.ended("b", .normal).orders == ["stop c"])
        #expect(tree.ended("c", .shutdown).orders == ["finish: auto-shutdown by b"])
    }

    @Test("R63 all: one that is restarting still counts")
    func restartingCounts() {
        var tree = tree(.allSignificant, two)
        tree.crashed("a")
        tree.startFailed("a")
        #expect(tree.ended("b", .normal).orders.isEmpty)
        tree.retry("a")
        tree.started("a")
        #expect(tree.ended("a", .normal).orders == ["stop c"])
    }

    @Test("R63 all: one that was terminated on request counts no more")
    func terminatedCountsNoMore() {
        var tree = tree(.allSignificant, two)
        tree.terminate("a")
        tree.ended("a", .shutdown)
        #expect(tree.ended("b", .normal).orders == ["stop c"])
    }

    @Test("R63 all: one that is being stopped on request counts no more, because nobody would ask when it is down")
    func stoppingCountsNoMore() {
        var tree = tree(.allSignificant, two)
        tree.terminate("a")
        #expect(tree.ended("b", .normal).orders == ["stop c"])
    }

    @Test("R63 all: one whose start was asked for keeps the supervisor, unless that start fails")
    func startingOnRequest() {
        var fails = tree(.allSignificant, [.init("a", .transient, significant: true)])
        fails.add(.init("d", .temporary, significant: true))
        #expect(fails.ended("a", .normal).orders.isEmpty)
        let failure = fails.startFailed("d")
        #expect(failure.orders == ["finish: auto-shutdown by a"])
        #expect(failure.reports == ["auto-shutdown by a"])
        var runs = tree(.allSignificant, [.init("a", .transient, significant: true)])
        runs.add(.init("d", .temporary, significant: true))
        runs.ended("a", .normal)
        #expect(runs.started("d").orders.isEmpty)
        runs.add(.init("e", .temporary, significant: true))
        #expect(runs.startFailed("e").orders.isEmpty)
        #expect(runs.ended("d", .normal).orders == ["finish: auto-shutdown by d"])
    }

    @Test("R12 R63 all: one that is being restarted keeps the supervisor, unless that start says ignore")
    func ignoredRestart() {
        var ignores = tree(.allSignificant, two)
        ignores.crashed("a")
        #expect(ignores.ended("b", .normal).orders.isEmpty)
        #expect(ignores.startFailed("a", Ignore()).orders == ["stop c"])
        var fails = tree(.allSignificant, two)
        fails.crashed("a")
        fails.ended("b", .normal)
        #expect(fails.startFailed("a").orders == ["retry a"])
        fails.retry("a")
        #expect(fails.started("a").orders.isEmpty)
        #expect(fails.ended("a", .normal).orders == ["stop c"])
    }

    @Test("R60 R63 all: the termination of one whose start was asked for triggers nothing")
    func startingAndTerminated() {
        var tree = tree(.allSignificant, [.init("a", .transient, significant: true)])
        tree.add(.init("d", .temporary, significant: true))
        tree.ended("a", .normal)
        tree.terminate("d")
        #expect(tree.startFailed("d", Exit(.shutdown)).orders.isEmpty)
        tree.add(.init("e", .temporary, significant: true))
        #expect(tree.startFailed("e").orders.isEmpty)
    }

    @Test("R64 a transient significant child that crashes is restarted and triggers nothing (C-Z04)")
    func crash() {
        var tree = tree(.anySignificant, two)
        #expect(tree.crashed("a").orders == ["start a"])
        tree.started("a")
        #expect(tree.ended("a", .normal).orders == ["stop c"])
    }

    @Test("R65 the outcome of an automatic shutdown is a shutdown, whatever the child ended with")
    func outcome() {
        var tree = tree(.anySignificant, [.init("a", .temporary, significant: true)])
        #expect(tree.ended("a", .error(Mishap())).orders == ["finish: auto-shutdown by a"])
    }

    @Test("R60 an end that waits for a pass triggers when the pass is over")
    func deferred() {
        var tree = MachineHarness(autoShutdown: .anySignificant)
        tree.begin([.init("a", .temporary, significant: true), "b"])
        tree.started("a")
        #expect(tree.ended("a", .normal).isEmpty)
        #expect(tree.started("b").orders == ["started", "stop b"])
    }
}
