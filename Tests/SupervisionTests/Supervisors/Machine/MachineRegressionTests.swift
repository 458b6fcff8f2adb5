import Testing

@testable import Supervision

@Suite("The machine: corners of passes and zombies")
struct MachineRegressionTests {
    @Test("R20 a second end within one pass is judged by its own reason")
    func secondEndInPass() {
        var tree = MachineHarness(.oneForAll, running: ["a", .init("b", .transient), "c"])
        tree.crashed("a")
        tree.ended("b", .normal)
        tree.ended("c", .shutdown)
        tree.started("a")
        tree.started("b")
        tree.crashed("b")
        let over = tree.started("c")
        #expect(over.reports.contains("b ended: mishap; restarts now"))
        #expect(over.orders == ["stop c"])
    }

    @Test("R53 a non-permanent sibling that ended cleanly before the pass came to it is no error")
    func cleanSiblingEnd() {
        var tree = MachineHarness(running: ["a", .init("b", .transient), "c"])
        tree.stop()
        tree.ended("b", .normal)
        #expect(tree.ended("c", .shutdown).reports == ["c stopped: shutdown", "b stopped: normal"])
    }

    @Test("S2 the mail of a sibling that restarts with its group is kept")
    func siblingMail() {
        var tree = MachineHarness(.oneForAll, running: ["a", "b", .init("t", .temporary)])
        tree.crashed("a")
        #expect(tree.ended("t", .shutdown).closures == ["forget t"])
        #expect(tree.ended("b", .shutdown).closures.isEmpty)
    }

    @Test("S2 the mail of those after a failed start in their group fails, as they have no process (R47)")
    func mailAfterFailedStart() {
        var tree = MachineHarness(.oneForAll, running: ["a", "b", "c"])
        tree.crashed("a")
        tree.ended("c", .shutdown)
        tree.ended("b", .shutdown)
        tree.started("a")
        #expect(tree.startFailed("b").closures == ["close c"])
    }

    @Test("S2 G1 a shutdown in the middle of a group restart closes the places of those that are down for it")
    func closedInShutdown() {
        var tree = MachineHarness(.oneForAll, running: ["a", "b"])
        tree.crashed("a")
        tree.stop()
        #expect(Set(tree.ended("b", .shutdown).closures) == ["close a", "close b"])
        #expect(tree.isFinished)
    }

    @Test("R46 no retry is promised for a start that fails while the supervisor goes down")
    func failedStartInShutdown() {
        var tree = MachineHarness(running: ["a", "b"])
        tree.crashed("a")
        tree.stop()
        let failure = tree.startFailed("a", Mishap("no disk"))
        #expect(failure.orders.isEmpty)
        #expect(failure.reports == ["a start failed: no disk"])
        #expect(tree.ended("b", .shutdown).orders == ["finish: shutdown"])
    }

    @Test("S3 the zombie of a temporary child is counted, and its end is told, though its specification is gone")
    func temporaryZombie() {
        var tree = MachineHarness(running: [.init("a", .temporary)])
        tree.terminate("a")
        let end = tree.abandoned("a", .unstoppable, askedFor: .seconds(5))
        #expect(end.closures == ["close a"])
        #expect(tree.lives.isEmpty)
        #expect(ChildCounts(tree.machine).zombies == 1)
        let last = tree.zombieEnded("a")
        #expect(last.reports == ["a zombie ended"])
        #expect(last.closures == ["forget a"])
        #expect(ChildCounts(tree.machine).zombies == 0)
    }

    @Test("R62 an automatic shutdown by a temporary child is told before the child is dropped")
    func temporaryAutoShutdown() {
        var tree = MachineHarness(autoShutdown: .anySignificant, running: [.init("a", .temporary, significant: true)])
        let end = tree.ended("a", .normal)
        let words = end.actions.map { "\($0)" }
        let told = words.firstIndex { $0.contains("autoShutdown") && $0.contains("report") }
        let dropped = words.firstIndex { $0.hasPrefix("forget") }
        #expect((told ?? .max) < (dropped ?? -1))
    }
}
