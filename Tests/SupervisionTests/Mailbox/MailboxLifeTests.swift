import Testing

@testable import Supervision

@Suite("Mailbox machine: lives")
struct MailboxLifeTests {
    typealias Phase = MailboxBench.Phase

    @Test("S1 a life begins only where none is, and each has its own number", arguments: MailboxBench.phases)
    func beginStart(phase: Phase) {
        var bench = MailboxBench(in: phase)
        let number = bench.state.beginStart()
        switch phase {
        case .closed: #expect(number == 1)
        case .vacant: #expect(number == 2)
        default: #expect(number == nil)
        }
        #expect(bench.state.phase == (number == nil ? phase : .starting))
        if number != nil {
            #expect(bench.state.exit == nil)
            #expect(bench.state.isStartPending)
            #expect(bench.state.startAttempts == 1)
        }
    }

    @Test("S7 attempts count until a server runs")
    func attempts() {
        var bench = MailboxBench(in: .closed)
        for attempt in 1...3 {
            #expect(bench.state.beginStart() == attempt)
            #expect(bench.state.startAttempts == Int32(attempt))
            bench.state.fail(Mishap(), in: attempt, now: bench.now)
            #expect(bench.state.finish(attempt) != nil)
        }
        _ = bench.state.beginStart()
        _ = bench.state.open(4)
        #expect(bench.state.startAttempts == 0)
    }

    @Test("S2 a server that opens is idle, or drains the mail that has come meanwhile")
    func open() {
        var empty = MailboxBench(in: .starting)
        #expect(empty.state.open(1) == .open)
        #expect(empty.state.phase == .idle)
        var full = MailboxBench(in: .starting)
        #expect(full.state.post(.message(1)) == .keep)
        #expect(full.state.open(1) == .drain)
        #expect(full.state.phase == .draining)
        #expect(full.mail == [1])
    }

    @Test("S18 a server that was told to end while it started ends as soon as it is open")
    func openAfterExit() {
        var bench = MailboxBench(in: .starting)
        #expect(bench.requestExit() == "interrupt 0")
        #expect(bench.state.open(1) == .end)
        #expect(bench.state.phase == .ending)
    }

    @Test("S1 an abandoned start opens nothing", arguments: MailboxBench.phases)
    func openFenced(phase: Phase) {
        var bench = MailboxBench(in: phase)
        #expect(bench.state.open(2) == .stray)
        #expect(bench.state.phase == phase)
    }

    @Test("A request to end, in each phase", arguments: MailboxBench.phases)
    func requestExit(phase: Phase) {
        var bench = MailboxBench(in: phase)
        bench.state.work = phase == .draining ? Task {} : nil
        let text = bench.requestExit(.shutdown)
        switch phase {
        case .vacant, .closed, .ending: #expect(text == "nothing")
        case .starting, .visited: #expect(text == "interrupt 0")
        case .draining: #expect(text == "interrupt 1")
        case .idle: #expect(text == "end")
        }
        #expect(bench.state.phase == (phase == .idle ? .ending : phase))
        // The first reason stands.
        #expect(bench.requestExit(.unstoppable) == "nothing")
        if let exit = bench.state.exit { #expect(exit.isClean) }
    }

    @Test("S1 a request to a dead incarnation ends nothing", arguments: MailboxBench.livePhases, [0, 2])
    func requestExitFenced(phase: Phase, incarnation: Int) {
        var bench = MailboxBench(in: phase)
        let isAsked = bench.state.exit != nil
        #expect(bench.requestExit(.shutdown, of: incarnation) == "nothing")
        #expect(bench.state.phase == phase)
        #expect((bench.state.exit != nil) == isAsked)
    }

    @Test("S10 what a message throws is the reason of the exit")
    func fail() {
        var bench = MailboxBench(in: .draining)
        bench.state.fail(Mishap("first"), in: 1, now: bench.now)
        #expect("\(bench.state.exit ?? .normal)" == "first")
        var exiting = MailboxBench(in: .draining)
        exiting.state.fail(Exit(.shutdownWith("done")), in: 1, now: exiting.now)
        #expect("\(exiting.state.exit ?? .normal)" == "shutdown: done")
    }

    @Test("S11 a cancellation after a request to end is no crash, any other error is")
    func failAfterExit() {
        var bench = MailboxBench(in: .draining)
        _ = bench.requestExit(.shutdown)
        bench.state.fail(CancellationError(), in: 1, now: bench.now)
        #expect("\(bench.state.exit ?? .normal)" == "shutdown")
        bench.state.fail(Mishap("late"), in: 1, now: bench.now)
        #expect("\(bench.state.exit ?? .normal)" == "late")
        var foreign = MailboxBench(in: .draining)
        foreign.state.fail(CancellationError(), in: 1, now: foreign.now)
        #expect(foreign.state.exit?.isClean == false)
    }

    @Test("S1 a dead incarnation cannot fail, finish or be abandoned", arguments: MailboxBench.phases, [0, 2])
    func fenced(phase: Phase, incarnation: Int) {
        var bench = MailboxBench(in: phase)
        bench.state.fail(Mishap(), in: incarnation, now: bench.now)
        #expect(bench.state.finish(incarnation) == nil)
        #expect(bench.state.abandon(incarnation) == nil)
        #expect(bench.state.phase == phase)
        #expect(bench.state.exit?.isClean ?? true)
    }

    @Test("An incarnation that is over leaves the place free, and everything of its behind", arguments: [true, false])
    func remains(isStarting: Bool) throws {
        var bench = MailboxBench(in: isStarting ? .starting : .draining)
        let waiter = ExitWaiter()
        bench.state.rare.exitObservers = [waiter]
        bench.state.rare.belongings.tasks[0] = Task {}
        bench.state.work = Task {}
        bench.state.fail(Mishap("over"), in: 1, now: .seconds(3))
        let finished = bench.state.finish(1)
        let remains = try #require(finished)
        #expect("\(remains.reason)" == "over")
        #expect(remains.wasStarting == true)
        #expect(remains.rare?.observers.count == 1)
        #expect(remains.rare?.belongings?.tasks.count == 1)
        // It is the one that runs this, and may go on to something else.
        #expect(remains.rare?.work == nil)
        #expect(remains.askedAt == .seconds(3))
        #expect((remains.server === bench.server) == !isStarting)
        #expect(bench.state.phase == .vacant)
        #expect(bench.state.server == nil)
        #expect(bench.state.work == nil)
        #expect(bench.state.knownRare?.belongings.tasks.isEmpty == true)
        #expect(bench.state.knownRare?.exitObservers.isEmpty == true)
        #expect("\(bench.state.exit ?? .normal)" == "over")
        #expect(bench.state.finish(1) == nil)
    }

    @Test("S3 only who was asked to end can be abandoned", arguments: MailboxBench.livePhases)
    func abandon(phase: Phase) throws {
        var bench = MailboxBench(in: phase)
        if phase != .ending {
            #expect(bench.state.abandon(1) == nil)
            #expect(bench.state.phase == phase)
        }
        if phase == .idle { return }
        _ = bench.requestExit(.shutdown)
        let abandoned = bench.state.abandon(1)
        let remains = try #require(abandoned)
        #expect("\(remains.reason)" == "unstoppable")
        #expect(bench.state.phase == .vacant)
        #expect(bench.state.server == nil)
        // The place is free although the stray still runs.
        #expect(bench.state.beginStart() == 2)
        #expect(bench.leave(1) == "stray")
        #expect(bench.state.phase == .starting)
    }

    @Test("S3 a stray is reported once, with the tasks that it still has")
    func strays() {
        var bench = MailboxBench(in: .draining)
        bench.state.rare.belongings.tasks[0] = Task {}
        _ = bench.requestExit()
        _ = bench.state.abandon(1)
        _ = bench.state.beginStart()
        _ = bench.requestExit()
        _ = bench.state.abandon(2)
        for life in 1...2 { #expect(bench.state.strayTold(life) == nil) }
        #expect(bench.state.strayReturned(3) == nil)
        #expect(bench.state.strayReturned(2)?.count == 0)
        #expect(bench.state.strayReturned(1)?.count == 1)
        #expect(bench.state.strayReturned(1) == nil)
        #expect(bench.state.strayReturned(2) == nil)
    }

    @Test("S3 a stray that returns before its supervisor knows of it is reported when that does")
    func earlyStray() {
        var bench = MailboxBench(in: .draining)
        bench.state.rare.belongings.tasks[0] = Task {}
        _ = bench.requestExit()
        _ = bench.state.abandon(1)
        #expect(bench.state.strayReturned(1) == nil)
        #expect(bench.state.strayTold(1)?.count == 1)
        #expect(bench.state.strayReturned(1) == nil)
        #expect(bench.state.strayTold(1) == nil)
    }

    @Test("S2 a place is closed only when nobody lives there, and gives its mail back", arguments: MailboxBench.phases)
    func close(phase: Phase) {
        var bench = MailboxBench(in: phase)
        _ = bench.state.post(.message(1))
        _ = bench.state.post(.message(2))
        let mail = bench.mail
        let letters = bench.state.close()
        switch phase {
        case .vacant:
            #expect(letters?.numbers == [1, 2])
            #expect(bench.state.phase == .closed)
            #expect(bench.mail.isEmpty)
            #expect(bench.state.post(.message(3)) == .refuse)
        case .closed:
            #expect(letters == nil)
        default:
            #expect(letters == nil)
            #expect(bench.mail == mail)
            #expect(bench.state.phase != .closed)
        }
    }
}
