import Testing

@testable import Supervision

@Suite("The machine: termination")
struct MachineTerminationTests {
    @Test("R50 children are stopped one at a time in reverse start order")
    func reverseOrder() {
        var tree = MachineHarness(running: ["a", "b", "c"])
        #expect(tree.stop().orders == ["stop c"])
        #expect(tree.ended("c", .shutdown).orders == ["stop b"])
        #expect(tree.ended("b", .shutdown).orders == ["stop a"])
        #expect(tree.ended("a", .shutdown).orders == ["finish: shutdown"])
    }

    @Test("R50 children without a process are skipped")
    func skipped() {
        var tree = MachineHarness(running: ["a", .init("b", .transient), "c", "d"])
        tree.ended("b", .normal)
        tree.crashed("d")
        tree.startFailed("d")
        #expect(tree.lives == ["a running", "b down", "c running", "d restarting"])
        #expect(tree.stop().orders == ["stop c"])
        #expect(tree.ended("c", .shutdown).orders == ["stop a"])
        #expect(tree.retry("d").isEmpty)
        #expect(tree.ended("a", .shutdown).orders == ["finish: shutdown"])
        #expect(tree.retry("d").isEmpty)
    }

    @Test("R50 a child that is starting again is stopped in its turn")
    func startingChild() {
        var tree = MachineHarness(running: ["a", "b"])
        tree.crashed("b")
        #expect(tree.stop().orders == ["stop b"])
        #expect(tree.startFailed("b").orders == ["stop a"])
    }

    @Test("R50 a shutdown in the middle of a group restart waits for the child that is being stopped")
    func shutdownDuringPass() {
        var tree = MachineHarness(.oneForAll, running: ["a", "b", "c"])
        tree.crashed("a")
        #expect(tree.stop().orders.isEmpty)
        #expect(tree.ended("c", .shutdown).orders == ["stop b"])
        #expect(tree.ended("b", .shutdown).orders == ["finish: shutdown"])
    }

    @Test("R50 a second request to stop changes nothing")
    func stoppedTwice() {
        var tree = MachineHarness(running: ["a"])
        tree.stop()
        #expect(tree.stop(.error(Mishap())).isEmpty)
        #expect(tree.ended("a", .shutdown).orders == ["finish: shutdown"])
        #expect(tree.stop().isEmpty)
    }

    @Test("R33 a supervisor told to exit with an error ends with it once its children are gone")
    func abnormalStop() {
        var tree = MachineHarness(running: ["a"])
        #expect(tree.stop(.error(Mishap("told"))).orders == ["stop a"])
        #expect(tree.ended("a", .shutdown).orders == ["finish: told"])
    }

    /// How a child that was asked to stop ends, and whether that is reported as an error (R53).
    static let endings: [(Restart, ExitReason, isError: Bool)] = [
        (.permanent, .shutdown, false), (.transient, .shutdown, false), (.temporary, .shutdown, false),
        (.permanent, .normal, true), (.transient, .normal, false), (.temporary, .normal, false),
        (.permanent, .shutdownWith("x"), true), (.transient, .shutdownWith("x"), false),
        (.temporary, .shutdownWith("x"), false), (.permanent, .error(Mishap()), true),
        (.transient, .error(Mishap()), true), (.temporary, .error(Mishap()), true),
    ]

    @Test("R53 clean and bad ends of children that were asked to stop", arguments: endings.indices)
    func ending(_ index: Int) {
        let (restart, reason, isError) = Self.endings[index]
        var tree = MachineHarness(running: [.init("a", restart)])
        tree.stop()
        let end = tree.ended("a", reason)
        #expect(end.reports == ["a \(isError ? "shutdown error" : "stopped"): \(reason)"])
        // R54: whatever is reported, the outcome is the same.
        #expect(end.orders == ["finish: shutdown"])
    }

    @Test("S3 a child that does not stop is reported, counted, and removed from the count when it ends")
    func unstoppable() {
        var tree = MachineHarness(running: ["a", "b"])
        tree.terminate("b")
        let end = tree.abandoned("b", .unstoppable, askedFor: .seconds(7))
        #expect(end.reports == ["b unstoppable after 7 s", "b stopped: unstoppable"])
        #expect(end.replies == ["ok"])
        #expect(tree.zombies == ["b": 1])
        #expect(ChildCounts(tree.machine).zombies == 1)
        #expect(tree.zombieEnded("b").reports == ["b zombie ended"])
        #expect(tree.zombies.isEmpty)
        #expect(tree.zombieEnded("b").isEmpty)
    }

    @Test("S3 the supervisor goes on: the next life begins while the zombie is counted")
    func zombieAndNextLife() {
        var tree = MachineHarness(running: ["a"])
        let end = tree.abandoned("a", .unstoppable, askedFor: .seconds(5))
        #expect(end.orders == ["start a"])
        tree.started("a")
        #expect(tree.lives == ["a running"])
        #expect(tree.zombies == ["a": 1])
    }

    @Test("R54 unstoppable children do not hold up the shutdown")
    func unstoppableInShutdown() {
        var tree = MachineHarness(running: ["a", "b"])
        tree.stop()
        #expect(tree.abandoned("b", .unstoppable, askedFor: .seconds(5)).orders == ["stop a"])
        #expect(tree.abandoned("a", .unstoppable, askedFor: .seconds(5)).orders == ["finish: shutdown"])
    }
}
