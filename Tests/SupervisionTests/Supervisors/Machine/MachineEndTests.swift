import Testing

@testable import Supervision

@Suite("The machine: ends of children")
struct MachineEndTests {
    /// A row of the table of R20.
    struct Row: Sendable, CustomTestStringConvertible {
        enum Next: String { case restarted, kept, removed }
        var restart: Restart
        var reason: ExitReason
        var next: Next
        var testDescription: String { "\(restart) child, \(reason): \(next)" }
    }

    static let reasons: [ExitReason] = [
        .normal, .shutdown, .shutdownWith("done"), .error(Mishap()), .unstoppable,
    ]

    static let table: [Row] = reasons.flatMap { reason in
        let isCrash =
            switch reason {
            case .normal, .shutdown, .shutdownWith: false
            case .error, .unstoppable: true
            }
        return [
            Row(restart: .permanent, reason: reason, next: .restarted),
            Row(restart: .transient, reason: reason, next: isCrash ? .restarted : .kept),
            Row(restart: .temporary, reason: reason, next: .removed),
        ]
    }

    @Test("R20 what follows on the end of a child", arguments: table)
    func end(_ row: Row) {
        var tree = MachineHarness(running: [.init("a", row.restart), "b"])
        let end = tree.ended("a", row.reason)
        let told = end.reports.filter { $0.contains("ended") }
        switch row.next {
        case .restarted:
            #expect(end.orders == ["start a"])
            #expect(end.closures.isEmpty)
            #expect(told == ["a ended: \(row.reason); restarts now"])
            #expect(tree.lives == ["a starting", "b running"])
        case .kept:
            #expect(end.orders.isEmpty)
            #expect(end.closures == ["close a"])
            #expect(told == ["a ended: \(row.reason); stays down"])
            #expect(tree.lives == ["a down", "b running"])
        case .removed:
            #expect(end.orders.isEmpty)
            #expect(end.closures.count == 1)
            #expect(told == ["a ended: \(row.reason); is removed"])
            #expect(tree.lives == ["b running"])
        }
    }

    @Test("R20 an abnormal end is reported at error level, a clean one is not", arguments: reasons)
    func level(_ reason: ExitReason) {
        let event = SupervisionEvent(path: "app/a", child: .worker, kind: .ended(reason, next: .staysDown))
        #expect(event.level == (reason.isClean ? .info : .error))
    }

    @Test("R21 a permanent child's normal end counts against the intensity (C-I07)")
    func normalEndCounts() {
        var tree = MachineHarness(intensity: RestartIntensity(2, within: .seconds(5)), running: ["a"])
        for _ in 1...2 {
            #expect(tree.ended("a", .normal).orders == ["start a"])
            tree.started("a")
        }
        #expect(tree.ended("a", .normal).orders == ["finish: gave up at a: normal"])
    }

    @Test("R22 the end of an incarnation that is no longer the child's is ignored")
    func foreignEnd() {
        var tree = MachineHarness(running: ["a"])
        tree.crashed("a")
        tree.started("a")
        #expect(tree.ended("a", incarnation: 1, .error(Mishap())).isEmpty)
        #expect(tree.lives == ["a running"])
    }

    @Test("R22 the end of a child that is not there is ignored")
    func unknownEnd() {
        var tree = MachineHarness(running: [.init("a", .temporary)])
        tree.ended("a", .normal)
        #expect(tree.ended("a", .normal).isEmpty)
        #expect(tree.started("a").isEmpty)
        #expect(tree.startFailed("a").isEmpty)
        #expect(tree.zombieEnded("a").isEmpty)
    }

    @Test("R23 children that the supervisor stops itself count nothing")
    func stopsCountNothing() {
        var tree = MachineHarness(.oneForAll, intensity: RestartIntensity(1, within: .seconds(5)), running: ["a", "b"])
        for _ in 1...3 {
            tree.terminate("b")
            tree.ended("b", .shutdown)
            tree.restart("b")
            tree.started("b")
        }
        #expect(tree.machine.history.count == 0)
        tree.crashed("a")
        tree.ended("b", .error(Mishap()))
        #expect(tree.machine.history.count == 1)
    }

    @Test("R24 a temporary child is not restarted with its group; its specification is dropped")
    func temporaryInGroup() {
        var tree = MachineHarness(.oneForAll, running: ["a", .init("b", .temporary), "c"])
        #expect(tree.crashed("a").orders == ["stop c"])
        #expect(tree.ended("c", .shutdown).orders == ["stop b"])
        let gone = tree.ended("b", .shutdown)
        #expect(gone.closures == ["forget b"])
        #expect(gone.orders == ["start a"])
        #expect(tree.started("a").orders == ["start c"])
        tree.started("c")
        #expect(tree.lives == ["a running", "c running"])
    }

    @Test("R24 the id of a temporary child that ended can be used again at once (C-T06)")
    func temporaryIDIsFree() {
        var tree = MachineHarness(running: [.init("a", .temporary)])
        tree.crashed("a")
        #expect(tree.add(.init("a", .temporary)).orders == ["start a"])
    }

    @Test("S18 S3 the start of a child that was given up meanwhile and is started again is not that of the next life")
    func startedTooLate() {
        var tree = MachineHarness(running: ["a"])
        tree.terminate("a")
        tree.ended("a", .shutdown)
        #expect(tree.restart("a").orders == ["start a"])
        tree.terminate("a")
        tree.abandoned("a", .unstoppable, askedFor: .zero)
        #expect(tree.restart("a").orders == ["start a"])
        #expect(tree.started("a", incarnation: 2).isEmpty)
        #expect(!tree.started("a").isEmpty)
        #expect(tree.crashed("a").orders == ["start a"])
    }

    @Test("S18 a child that ends right after its start is treated like any other")
    func deadAtOnce() {
        var tree = MachineHarness()
        tree.begin(["a", .init("b", .temporary)])
        tree.started("a")
        tree.started("b")
        #expect(tree.ended("b", .normal).reports == ["b ended: normal; is removed"])
        #expect(tree.crashed("a").orders == ["start a"])
        tree.started("a")
        #expect(tree.crashed("a").orders == ["start a"])
    }
}
