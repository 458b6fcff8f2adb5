import Testing

@testable import Supervision

@Suite("The machine: reconfiguration")
struct MachineReconfigurationTests {
    @Test("R77 a known child goes on living with its new specification; a new one is kept without a start")
    func specs() {
        var tree = MachineHarness(running: ["a", "b"])
        let change = tree.reconfigure([.init("b", .transient), "c"])
        #expect(change.orders.isEmpty)
        #expect(change.replies == ["ok"])
        #expect(change.closures == ["adopt b", "forget b"])
        #expect(tree.lives == ["a running", "b running", "c down"])
        #expect(tree.ended("b", .normal).reports == ["b ended: normal; stays down"])
        #expect(tree.restart("c").orders == ["start c"])
    }

    @Test("R77 R70 R24 a temporary child that was stored and never started is dropped when it is terminated")
    func temporary() {
        var tree = MachineHarness(running: ["a"])
        tree.reconfigure([.init("b", .temporary)])
        #expect(tree.lives == ["a running", "b down"])
        #expect(tree.terminate("b").replies == ["ok"])
        #expect(tree.lives == ["a running"])
    }

    @Test("R77 a new strategy holds for the next end; what is not listed is kept")
    func strategy() {
        var tree = MachineHarness(.oneForOne, running: ["a", "b"])
        tree.reconfigure(strategy: .oneForAll)
        #expect(tree.crashed("a").orders == ["stop b"])
        #expect(tree.lives == ["a down", "b stopping"])
    }

    @Test("R77 R30 a new intensity is judged with the restarts that have been made")
    func intensity() {
        var tree = MachineHarness(intensity: RestartIntensity(10, within: .seconds(5)), running: ["a"])
        for _ in 1...3 {
            tree.crashed("a")
            tree.started("a")
        }
        tree.reconfigure(intensity: RestartIntensity(3, within: .seconds(5)))
        #expect(tree.crashed("a").orders == ["finish: gave up at a: mishap"])
    }

    static let modes: [(Supervisor.AutoShutdown, Supervisor.AutoShutdown)] = [
        (.never, .anySignificant), (.never, .allSignificant), (.anySignificant, .never),
        (.anySignificant, .allSignificant), (.allSignificant, .never), (.allSignificant, .anySignificant),
    ]

    @Test("C-Z08 R77 the mode is changed in six directions, which holds for later ends only", arguments: modes)
    func mode(_ old: Supervisor.AutoShutdown, _ new: Supervisor.AutoShutdown) {
        let children: [SupervisorState.Spec] = ["x", "y", "z"].map { .init($0, .transient, significant: true) }
        var tree = MachineHarness(autoShutdown: old, running: children)
        if old != .anySignificant { #expect(tree.ended("x", .normal).orders.isEmpty) }
        #expect(tree.reconfigure(autoShutdown: new).orders.isEmpty)
        let end = tree.ended("y", .normal)
        #expect(end.orders == (new == .anySignificant ? ["stop z"] : []))
    }

    @Test("C-Z08 R77 a child's significance is changed, which holds for its later ends only")
    func significance() {
        var tree = MachineHarness(
            autoShutdown: .anySignificant,
            running: [.init("a", .transient), .init("b", .transient, significant: true), "c"]
        )
        tree.ended("a", .normal)
        #expect(tree.reconfigure([.init("a", .transient, significant: true), .init("b", .transient)]).orders.isEmpty)
        #expect(tree.ended("b", .normal).orders.isEmpty)
        tree.restart("a")
        tree.started("a")
        #expect(tree.ended("a", .normal).orders == ["stop c"])
    }

    @Test("R77 a restart that is under way goes on by the old specification, the next end goes by the new one")
    func underWay() {
        var tree = MachineHarness(running: ["a"])
        tree.crashed("a")
        tree.startFailed("a")
        tree.reconfigure([.init("a", .temporary)])
        #expect(tree.retry("a").orders == ["start a"])
        tree.started("a")
        #expect(tree.crashed("a").reports == ["a ended: mishap; is removed"])
    }

    @Test(
        "R77 R41 a restart that is under way when the strategy changes: a group lets it end, and starts the child itself"
    )
    func strategyUnderWay() {
        var tree = MachineHarness(.oneForOne, running: ["b", "a"])
        #expect(tree.crashed("a").orders == ["start a"])
        tree.reconfigure(strategy: .restForOne)
        #expect(tree.crashed("b").orders.isEmpty)
        #expect(tree.startFailed("a").orders == ["start b"])
        #expect(tree.started("b").orders == ["start a"])
        tree.started("a")
        #expect(tree.lives == ["b running", "a running"])
    }

    @Test("R77 R24 one that is made temporary while it waits for its restart is restarted with its group all the same")
    func temporaryUnderWay() {
        var tree = MachineHarness(.oneForAll, running: ["a", "b"])
        tree.crashed("a")
        tree.ended("b", .shutdown)
        tree.startFailed("a")
        tree.reconfigure([.init("a", .temporary)])
        #expect(tree.retry("a").orders == ["start a"])
        #expect(tree.started("a").orders == ["start b"])
    }

    @Test("R77 S7 back-off, limit and policy are replaced; what has been used up of a limit counts against the new one")
    func rates() {
        var spec = SupervisorState.Spec("a", .permanent, backoff: .constant(.seconds(1)))
        spec.limit = ChildLimit(intensity: RestartIntensity(9, within: .seconds(10)), consequence: .park)
        var tree = MachineHarness(running: [spec])
        tree.crashed("a")
        tree.retry("a")
        tree.started("a")
        spec.backoff = nil
        spec.limit?.intensity.restarts = 1
        spec.unstoppablePolicy = .escalate
        tree.reconfigure([spec])
        #expect(tree.crashed("a").reports == ["a ended: mishap; stays down", "a parked: mishap"])
        spec.limit = nil
        tree.reconfigure([spec])
        tree.restart("a")
        tree.started("a")
        #expect(tree.crashed("a").orders == ["start a"])
        #expect(tree.abandoned("a", .unstoppable, askedFor: .zero).orders == ["finish: a unstoppable"])
    }

    @Test("R77 a server of another type, or another kind of name, is refused, and nothing changes")
    func refused() {
        var tree = MachineHarness(autoShutdown: .never, running: ["a", "b"])
        var other = SupervisorState.Spec("b", .temporary)
        other.identity.type = Int.self
        let change = tree.reconfigure(strategy: .oneForAll, [.init("a", .temporary), "c", other])
        #expect(change.replies == ["invalid the server of child 'b'"])
        #expect(change.closures == ["forget a", "forget c", "forget b"])
        #expect(tree.lives == ["a running", "b running"])
        #expect(tree.crashed("a").orders == ["start a"])
        var named = SupervisorState.Spec("b", .temporary)
        named.identity.isNamed = true
        #expect(tree.reconfigure([named]).replies == ["invalid the name of child 'b'"])
    }

    @Test("R77 S8 during a pass it waits for its turn; the request to stop refuses it")
    func duringPass() {
        var tree = MachineHarness(.oneForAll, running: ["a", "b"])
        tree.crashed("a")
        #expect(tree.reconfigure(strategy: .oneForOne, [.init("b", .transient), "c"]).isEmpty)
        #expect(tree.restart("c").isEmpty)
        tree.ended("b", .shutdown)
        tree.started("a")
        let over = tree.started("b")
        #expect(over.replies == ["ok"])
        #expect(over.orders == ["start c"])
        tree.started("c")
        #expect(tree.lives == ["a running", "b running", "c running"])
        #expect(tree.crashed("a").orders == ["start a"])

        var stopped = MachineHarness(.oneForAll, running: ["a", "b"])
        stopped.crashed("a")
        stopped.reconfigure(["b", "c"])
        let stop = stopped.stop()
        #expect(stop.replies == ["shutting down"])
        #expect(stop.closures.prefix(2) == ["forget b", "forget c"])
        #expect(stopped.reconfigure(["d"]).closures == ["forget d"])
    }
}
