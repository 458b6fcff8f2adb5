import Testing

@testable import Supervision

@Suite("Mailbox machine: mail")
struct MailboxMailTests {
    typealias Phase = MailboxBench.Phase

    @Test("S2 a letter is kept in every phase but closed, and wakes an idle server", arguments: MailboxBench.phases)
    func post(phase: Phase) {
        var bench = MailboxBench(in: phase)
        let before = bench.mail
        let action = bench.state.post(.message(7))
        switch phase {
        case .closed:
            #expect(action == .refuse)
            #expect(bench.mail == before)
            #expect(bench.state.phase == .closed)
        case .idle:
            #expect(action == .wake)
            #expect(bench.mail == [7])
            #expect(bench.state.phase == .draining)
        case .vacant, .starting, .visited, .draining, .ending:
            #expect(action == .keep)
            #expect(bench.mail == before + [7])
            #expect(bench.state.phase == phase)
        }
    }

    @Test("S1 a server's own letter is taken only while it lives and is not to end", arguments: MailboxBench.phases)
    func postOwn(phase: Phase) {
        var bench = MailboxBench(in: phase)
        let action = bench.state.postOwn(.own(7, incarnation: 1, timer: nil), from: 1)
        switch phase {
        case .idle: #expect(action == .wake)
        case .starting, .visited, .draining: #expect(action == .keep)
        case .vacant, .ending, .closed: #expect(action == .refuse)
        }
        #expect(bench.mail.contains(7) == (action != .refuse))
    }

    @Test("S1 an own letter of another incarnation is refused in every phase", arguments: MailboxBench.phases, [0, 2])
    func postOwnFenced(phase: Phase, sender: Int) {
        var bench = MailboxBench(in: phase)
        #expect(bench.state.postOwn(.own(7, incarnation: sender, timer: nil), from: sender) == .refuse)
        #expect(!bench.mail.contains(7))
        #expect(bench.state.phase == phase)
    }

    @Test("S1 a server that is to end takes no more letters of its own", arguments: [Phase.visited, .draining])
    func postOwnAfterExit(phase: Phase) {
        var bench = MailboxBench(in: phase)
        _ = bench.requestExit()
        #expect(bench.state.postOwn(.own(7, incarnation: 1, timer: nil), from: 1) == .refuse)
    }

    @Test("S15 a batch is all that waits, in order of arrival, and the mailbox is empty after it")
    func takeBatch() {
        var bench = MailboxBench(in: .draining)
        for number in 1...3 { _ = bench.state.post(.message(number)) }
        #expect(bench.take() == [0, 1, 2, 3])
        #expect(bench.mail.isEmpty)
        #expect(bench.take() == nil)
        #expect(bench.state.phase == .draining)
    }

    @Test("S2 no batch is given out to a server that is to end: its mail stays for the next life")
    func takeBatchAfterExit() {
        var bench = MailboxBench(in: .draining)
        _ = bench.requestExit()
        #expect(bench.take() == nil)
        #expect(bench.mail == [0])
    }

    @Test("S1 no batch is given out to a dead incarnation", arguments: MailboxBench.phases)
    func takeBatchFenced(phase: Phase) {
        var bench = MailboxBench(in: phase)
        _ = bench.state.post(.message(7))
        let mail = bench.mail
        #expect(bench.take(2) == nil)
        if phase == .vacant || phase == .closed { #expect(bench.take(1) == nil) }
        #expect(bench.mail == mail)
    }

    @Test("S15 who leaves puts what it has not begun back to the front, in order")
    func leaveWithRest() {
        var bench = MailboxBench(in: .draining)
        _ = bench.state.post(.message(1))
        _ = bench.take()
        _ = bench.state.post(.message(2))
        #expect(bench.leave(rest: [0, 1]) == "drain 1")
        #expect(bench.mail == [0, 1, 2])
        #expect(bench.state.phase == .draining)
    }

    @Test("S2 also when the incarnation ends, and for the next one")
    func leaveWithRestAtTheEnd() {
        var bench = MailboxBench(in: .draining)
        _ = bench.take()
        _ = bench.state.post(.message(3))
        bench.state.fail(Mishap(), in: 1, now: bench.now)
        #expect(bench.leave(rest: [1, 2]) == "end 1")
        #expect(bench.state.phase == .ending)
        #expect(bench.state.finish(1) != nil)
        #expect(bench.mail == [1, 2, 3])
        #expect(bench.state.beginStart() == 2)
        #expect(bench.mail == [1, 2, 3])
    }

    @Test("A visitor who leaves an empty mailbox leaves an idle server behind, and no task")
    func leaveToIdle() {
        var bench = MailboxBench(in: .visited)
        bench.state.work = Task {}
        #expect(bench.leave() == "rest")
        #expect(bench.state.phase == .idle)
        #expect(bench.state.work == nil)
    }

    @Test("A visitor who leaves mail behind leaves it to a drain")
    func leaveToDrain() {
        var bench = MailboxBench(in: .visited)
        #expect(bench.state.post(.message(1)) == .keep)
        #expect(bench.leave() == "drain 1")
        #expect(bench.state.phase == .draining)
    }

    @Test("S1 what leaves a dead incarnation, or another server, is a stray", arguments: MailboxBench.phases)
    func leaveFenced(phase: Phase) {
        var bench = MailboxBench(in: phase)
        let mail = bench.mail
        #expect(bench.leave(2) == "stray")
        #expect(bench.state.leave(Pupil(), incarnation: 1).text == "stray")
        if phase == .vacant || phase == .closed { #expect(bench.leave(1) == "stray") }
        #expect(bench.state.phase == phase)
        #expect(bench.mail == mail)
    }

    @Test("The calls that were given up are swept out when they are many")
    func sweep() async throws {
        let server = ServerBench()
        let tree = try await server.start()
        let hold = await server.hangingDesk()
        let place = try #require(try? server.ref.resolve())
        server.ref.cast(.note("kept"))
        var calls: [Task<Int, any Error>] = []
        for number in 1...40 {
            calls.append(await server.queued(number) { try await $0.call { $0.notes.count } })
        }
        #expect(place.withState(\.waiting.count) == 41)
        for call in calls.dropLast() {
            call.cancel()
            #expect(await ending(of: call) == "cancelled")
        }
        // 33 were the majority, and are gone; the few after them are skipped when their turn comes.
        #expect(place.withState(\.waiting.count) == 8)
        #expect(place.depth == 2)
        hold.open()
        #expect(try await calls[39].value == 1)
        try await server.stop(tree)
    }
}
