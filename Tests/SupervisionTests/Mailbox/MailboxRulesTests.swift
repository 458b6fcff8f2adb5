import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Mailbox machine: rules of its own")
struct MailboxRulesTests {
    typealias Phase = MailboxBench.Phase

    private func suspended(in phase: Phase) -> MailboxBench {
        var bench = MailboxBench(in: phase)
        bench.state.traits.insert(.isSuspended)
        return bench
    }

    // MARK: Requests of operators

    @Test("G17 a request is taken while somebody is there who is not to end", arguments: MailboxBench.phases)
    func postSystem(phase: Phase) {
        var bench = MailboxBench(in: phase)
        let action = bench.state.postSystem(.message(-1))
        switch phase {
        case .vacant, .closed, .ending: #expect(action == .refuse)
        case .idle: #expect(action == .wake)
        case .starting, .visited, .draining: #expect(action == .keep)
        }
        #expect(bench.state.knownRareMail?.system.isEmpty ?? true == (action == .refuse))
        #expect(bench.state.phase == (phase == .idle ? .draining : phase))
        var exiting = MailboxBench(in: phase)
        _ = exiting.requestExit()
        #expect(exiting.state.postSystem(.message(-1)) == .refuse)
    }

    @Test("G17 requests come one by one, before what waits; the mail keeps its order")
    func requestsFirst() {
        var bench = MailboxBench(in: .draining)
        _ = bench.state.post(.message(1))
        _ = bench.state.postSystem(.message(-1))
        _ = bench.state.postSystem(.message(-2))
        #expect(bench.take() == [-1])
        #expect(bench.take() == [-2])
        #expect(bench.take() == [0, 1])
        #expect(bench.take() == nil)
    }

    @Test("G17 a suspended server gives out requests alone, and is at rest with mail")
    func suspendedGivesRequests() {
        var bench = suspended(in: .draining)
        _ = bench.state.postSystem(.message(-1))
        #expect(bench.take() == [-1])
        #expect(bench.take() == nil)
        #expect(bench.leave() == "rest")
        #expect(bench.state.phase == .idle)
        #expect(bench.mail == [0])
        #expect(bench.state.post(.message(1)) == .keep)
        #expect(bench.state.postOwn(.own(2, incarnation: 1, timer: nil), from: 1) == .keep)
        #expect(bench.state.postUrgent(.own(3, incarnation: 1, timer: nil), from: 1) == .keep)
        #expect(bench.state.postSystem(.message(-2)) == .wake)
        #expect(bench.take() == [-2])
        #expect(bench.leave() == "rest")
        bench.state.traits.remove(.isSuspended)
        #expect(bench.state.hasWork)
        bench.state.phase = .draining
        #expect(bench.take() == [3, 0, 1, 2])
    }

    @Test(
        "G17 a suspension ends with the incarnation, and a suspended server can be told to end",
        arguments: MailboxBench.livePhases
    )
    func suspensionEnds(phase: Phase) {
        var bench = suspended(in: phase)
        _ = bench.requestExit()
        #expect(bench.state.finish(1) != nil)
        #expect(!bench.state.traits.contains(.isSuspended))
    }

    @Test("G17 a replacement takes over when the drain leaves; meanwhile nothing is given out")
    func replacement() {
        var bench = MailboxBench(in: .draining)
        let other = Pupil()
        _ = bench.state.postSystem(.message(-1))
        #expect(bench.take() == [-1])
        _ = bench.state.postSystem(.message(-2))
        bench.state.rareMail.replacement = other
        #expect(bench.take() == nil)
        #expect(bench.leave() == "drain 1")
        #expect(bench.state.server === other)
        // The former one has nothing to say any more.
        #expect(bench.leave() == "stray")
    }

    @Test(
        "G17 S2 the end of an incarnation takes requests and a replacement along, and leaves the mail",
        arguments: [true, false]
    )
    func vacateByRules(isAbandoned: Bool) throws {
        var bench = MailboxBench(in: .draining)
        _ = bench.state.postSystem(.message(-1))
        bench.state.rareMail.replacement = Pupil()
        _ = bench.requestExit()
        let end = isAbandoned ? bench.state.abandon(1) : bench.state.finish(1)
        let remains = try #require(end)
        #expect(remains.rare?.mail?.numbers == [-1])
        #expect(bench.state.knownRareMail?.replacement == nil)
        #expect(bench.mail == [0])
    }

    @Test("G17 what is noted of a server goes on over its lives")
    func instrumentsStay() {
        var bench = MailboxBench(in: .draining)
        bench.state.traits.insert(.isObserved)
        bench.state.rare.instruments = Instruments(path: "a", runtime: .default, logSize: 0, traces: false)
        _ = bench.requestExit()
        _ = bench.state.finish(1)
        #expect(bench.state.traits == .isObserved)
        #expect(bench.state.knownRare?.instruments != nil)
    }

    // MARK: The last drain

    @Test("S14 a last drain begins where there is something to serve", arguments: MailboxBench.phases)
    func beginLastDrain(phase: Phase) {
        var bench = MailboxBench(in: phase)
        let begins = phase == .visited || phase == .draining
        #expect(bench.state.beginLastDrain(.shutdown) == begins)
        #expect(bench.state.traits.contains(.isLastDrain) == begins)
        let again = bench.state.beginLastDrain(.shutdown)
        #expect(!again)
        var exiting = MailboxBench(in: phase)
        _ = exiting.requestExit()
        let whileEnding = exiting.state.beginLastDrain(.shutdown)
        #expect(!whileEnding)
    }

    @Test("S14 an idle server that owes an answer, or is suspended with mail, has something to wait for")
    func beginLastDrainWhileIdle() {
        let place = ManagedRoot.place()
        var owing = MailboxBench(in: .idle)
        let call = PendingCall<Pupil>(place: place)
        owing.state.rare.belongings.deferred[ObjectIdentifier(call)] = call
        #expect(owing.state.beginLastDrain(.shutdown) == true)
        var waiting = suspended(in: .idle)
        _ = waiting.state.post(.message(1))
        #expect(waiting.state.beginLastDrain(.shutdown) == true)
    }

    @Test("S14 one that is told as started is drained, also when it has not opened yet", arguments: [true, false])
    func beginLastDrainWhileOpening(hasMail: Bool) {
        var bench = MailboxBench(in: .starting)
        bench.state.server = bench.server
        bench.state.isStartPending = false
        if hasMail { _ = bench.state.postUrgent(.own(1, incarnation: 1, timer: nil), from: 1) }
        #expect(bench.state.beginLastDrain(.shutdown) == true)
        #expect(bench.state.open(1, now: bench.now) == (hasMail ? .drain : .end))
        guard hasMail else { return }
        #expect(bench.take() == [1])
        #expect(bench.leave() == "end 1")
    }

    @Test("S14 it ends when nothing waits: no mail, no request, no owed answer")
    func endIfDrained() {
        let place = ManagedRoot.place()
        var bench = MailboxBench(in: .draining)
        _ = bench.state.beginLastDrain(.shutdownWith("drained"))
        #expect(bench.take() == [0])
        let call = PendingCall<Pupil>(place: place)
        bench.state.rare.belongings.deferred[ObjectIdentifier(call)] = call
        #expect(bench.leave() == "rest")
        _ = bench.state.postOwn(.own(1, incarnation: 1, timer: nil), from: 1)
        bench.state.rare.belongings.deferred = ArrivalTable()
        #expect(bench.leave() == "drain 1")
        #expect(bench.take() == [1])
        _ = bench.state.postSystem(.message(-1))
        #expect(bench.leave() == "drain 1")
        #expect(bench.take() == [-1])
        #expect(bench.leave() == "end 1")
        #expect("\(bench.state.exit ?? .normal)" == "shutdown: drained")
        #expect(bench.state.finish(1) != nil)
        #expect(bench.state.traits.isEmpty)
        #expect(bench.state.knownRare?.drainReason == nil)
    }

    @Test("S14 a crash while it drains is the reason of the end")
    func crashWhileDraining() {
        var bench = MailboxBench(in: .draining)
        _ = bench.state.beginLastDrain(.shutdown)
        _ = bench.take()
        bench.state.fail(Mishap("broken"), in: 1, now: bench.now)
        #expect(bench.leave() == "end 1")
        #expect("\(bench.state.exit ?? .normal)" == "broken")
    }

    // MARK: Mail that is not kept

    @Test("S2 discarded mail goes with the incarnation, in order, what was taken first", arguments: [true, false])
    func discarded(isAbandoned: Bool) throws {
        var bench = MailboxBench(in: .draining)
        bench.state.traits.insert(.discardsMail)
        _ = bench.state.post(.message(1))
        _ = bench.take()
        _ = bench.state.post(.message(2))
        _ = bench.requestExit()
        let end: IncarnationRemains?
        if isAbandoned {
            end = bench.state.abandon(1, begun: 1)
        } else {
            _ = bench.leave(rest: [1])
            end = bench.state.finish(1)
        }
        #expect(try #require(end).rare?.mail?.numbers == [1, 2])
        #expect(bench.mail.isEmpty)
        #expect(bench.state.traits == .discardsMail)
    }

    // MARK: Bounds

    @Test("S17 the oldest from outside is what makes room, its own letters stay")
    func removeOldest() {
        var bench = MailboxBench(in: .starting)
        func removeOldest() -> [Int]? { bench.state.removeOldest().map { [$0].numbers } }
        #expect(removeOldest() == nil)
        _ = bench.state.postOwn(.own(1, incarnation: 1, timer: nil), from: 1)
        #expect(removeOldest() == nil)
        for number in 2...3 { _ = bench.state.post(.message(number)) }
        _ = bench.state.postOwn(.own(4, incarnation: 1, timer: nil), from: 1)
        #expect(removeOldest() == [2])
        #expect(bench.mail == [1, 3, 4])
        #expect(removeOldest() == [3])
        #expect(removeOldest() == nil)
        #expect(bench.mail == [1, 4])
    }

    @Test("S17 who waits for room comes in as far as there is room, in order; who has gone is passed over")
    func admitSuspended() {
        var bench = MailboxBench(in: .draining)
        let senders = (1...4).map { _ in TimedWait(timeout: .seconds(1)) }
        for (index, sender) in senders.enumerated() {
            bench.state.rareMail.suspended.append(.message(index + 1, sender))
        }
        bench.state.rareMail.limit = 3
        senders[1].end(CancellationError())
        // One waits, and one is taken: there is room for one.
        bench.state.admitSuspended(besides: 1)
        #expect(bench.mail == [0, 1])
        #expect(bench.state.knownRareMail?.suspended.count == 3)
        #expect(senders.map(\.isWaiting) == [false, false, true, true])
        bench.state.admitSuspended()
        #expect(bench.mail == [0, 1, 3])
        bench.state.admitSuspended()
        #expect(bench.mail == [0, 1, 3])
        #expect(bench.take() == [0, 1, 3])
        // Not into an incarnation that is to end.
        _ = bench.requestExit()
        #expect(bench.leave() == "end 1")
        #expect(bench.mail.isEmpty)
        #expect(bench.state.finish(1) != nil)
        #expect(bench.state.beginStart() == 2)
        #expect(bench.state.open(2) == .drain)
        #expect(bench.mail == [4])
    }

    @Test("S17 the high-water mark is passed once on the way up, and again after a fall to half of it")
    func highWater() {
        var bench = MailboxBench(in: .idle)
        func passes(_ depths: [Int]) -> [Int] {
            var passed: [Int] = []
            for depth in depths where bench.state.passes(highWater: 4, at: depth) { passed.append(depth) }
            return passed
        }
        #expect(passes([1, 2, 3]) == [])
        #expect(!bench.state.hasRareFields)
        #expect(passes([4, 5, 6, 5, 4]) == [4])
        // A letter that makes it four leaves three before it, which is more than half.
        #expect(passes([4]) == [])
        #expect(passes([3, 4]) == [4])
        #expect(passes([9, 1, 9]) == [9])
    }

    // MARK: Traits

    @Test("Each trait says whether calls are served in place, and whether each message is watched")
    func traits() {
        let table: [(MailboxTraits, visits: Bool, watches: Bool)] = [
            ([], true, false), (.isBounded, true, false), (.discardsMail, true, false), (.isWatched, false, true),
            (.isObserved, false, true), (.isSuspended, false, false), (.isLastDrain, false, false),
        ]
        for (traits, visits, watches) in table {
            #expect(traits.allowsVisits == visits)
            #expect(traits.watchesMessages == watches)
            for (others, otherVisits, otherWatches) in table {
                #expect(traits.union(others).allowsVisits == (visits && otherVisits))
                #expect(traits.union(others).watchesMessages == (watches || otherWatches))
            }
        }
        #expect(MailboxTraits.ofOneLife == [.isSuspended, .isLastDrain])
    }

    @Test("The tag of a deadline tells kind, incarnation and message", arguments: [0, 1, 0xFF_FFFF] as [UInt32])
    func tags(message: UInt32) throws {
        for kind in [PlaceDeadline.stop, .start, .lastDrain, .watchdog] {
            for incarnation in [0, 1, 77, Int(UInt32.max)] {
                let parts = try #require(PlaceDeadline.parts(of: kind.tag(incarnation, message: message)))
                #expect(parts.kind == kind)
                #expect(parts.incarnation == incarnation)
                #expect(parts.message == message)
            }
        }
        #expect(PlaceDeadline.parts(of: .max) == nil)
        // A count that is too large is cut, and runs into nothing else.
        let cut = try #require(PlaceDeadline.parts(of: PlaceDeadline.watchdog.tag(3, message: 0x100_0002)))
        #expect(cut.kind == .watchdog)
        #expect(cut.incarnation == 3)
        #expect(cut.message == 2)
    }
}

/// A place that is never started.
private enum ManagedRoot {
    static func place() -> ServerPlace<Pupil> {
        ServerPlace(
            PlaceSetup(
                runtime: Runtime(clock: ManualClock()),
                id: "pupil",
                settings: PlaceSettings(shutdown: .infinity),
                parent: PlaceParent(),
                key: ChildKey(number: 0)
            )
        ) { Pupil() }
    }
}
