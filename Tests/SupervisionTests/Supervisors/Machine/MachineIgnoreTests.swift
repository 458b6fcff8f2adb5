import Testing

@testable import Supervision

@Suite("The machine: starts that say ignore")
struct MachineIgnoreTests {
    @Test("R12 at the first start the child stays down, and the next one is started")
    func firstStart() {
        var tree = MachineHarness()
        tree.begin(["a", "b"])
        let ignored = tree.startFailed("a", Ignore())
        #expect(ignored.orders == ["start b"])
        #expect(ignored.reports == ["a ignored; stays down"])
        #expect(ignored.closures == ["close a"])
        #expect(tree.started("b").orders == ["started"])
        #expect(tree.lives == ["a down", "b running"])
    }

    @Test("R12 R24 a temporary child is dropped")
    func temporary() {
        var tree = MachineHarness()
        tree.begin([.init("a", .temporary), "b"])
        let ignored = tree.startFailed("a", Ignore())
        #expect(ignored.reports == ["a ignored; is removed"])
        #expect(ignored.closures == ["forget a"])
        #expect(ignored.orders == ["start b"])
        #expect(tree.lives == ["b starting"])
    }

    @Test("R12 R15 an addition is answered: kept without a process, or dropped when it is temporary")
    func addition() {
        var tree = MachineHarness(running: ["z"])
        tree.add("a")
        #expect(tree.startFailed("a", Ignore()).replies == ["ignored"])
        tree.add(.init("b", .temporary))
        #expect(tree.startFailed("b", Ignore()).replies == ["ignored"])
        #expect(tree.lives == ["z running", "a down"])
        let counts = ChildCounts(tree.machine)
        #expect((counts.specs, counts.active) == (2, 1))
    }

    @Test("R12 R71 a child that is brought back and ignores stays down; its name is free before it is told")
    func broughtBack() {
        var tree = MachineHarness(running: ["a"])
        tree.terminate("a")
        tree.ended("a", .shutdown)
        tree.restart("a")
        let ignored = tree.startFailed("a", Ignore())
        #expect(ignored.replies == ["ignored"])
        let kinds = ignored.actions.compactMap { action in
            switch action {
            case .close: "close"
            case .reply: "reply"
            default: nil
            }
        }
        #expect(kinds == ["close", "reply"])
        #expect(tree.restart("a").orders == ["start a"])
    }

    @Test("R12 R46 a restart that ignores is not tried again, and counts as the attempt that it was")
    func restart() {
        var tree = MachineHarness(running: ["a", "b"])
        tree.crashed("a")
        let ignored = tree.startFailed("a", Ignore())
        #expect(ignored.orders.isEmpty)
        #expect(ignored.closures == ["close a"])
        #expect(tree.lives == ["a down", "b running"])
        #expect(ChildCounts(tree.machine).recentRestarts == 1)
    }

    @Test("R12 R41 a group restart goes on past a child that ignores; the next one starts it anew (R43)")
    func group() {
        var tree = MachineHarness(.oneForAll, running: ["a", "b", "c"])
        tree.crashed("a")
        tree.ended("c", .shutdown)
        tree.ended("b", .shutdown)
        tree.started("a")
        #expect(tree.startFailed("b", Ignore()).orders == ["start c"])
        tree.started("c")
        #expect(tree.lives == ["a running", "b down", "c running"])
        tree.crashed("c")
        tree.ended("a", .shutdown)
        #expect(tree.started("a").orders == ["start b"])
    }

    @Test("R60 a significant child that ignores ends nothing")
    func significant() {
        var tree = MachineHarness(autoShutdown: .anySignificant)
        tree.begin([.init("a", .transient, significant: true), "b"])
        #expect(tree.startFailed("a", Ignore()).orders == ["start b"])
    }

    @Test("R12 R50 a start that ignores when it has been asked to stop is a stop")
    func whileStopping() {
        var tree = MachineHarness()
        tree.begin(["a"])
        tree.stop()
        let ignored = tree.startFailed("a", Ignore())
        #expect(ignored.reports == ["a stopped: shutdown"])
        #expect(ignored.orders == ["finish: shutdown"])
    }
}
