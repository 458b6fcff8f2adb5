import Testing

@testable import Supervision

@Suite("Dynamic supervisors: the machine")
struct DynamicMachineTests {
    static let ends: [(Restart, ExitReason, Bool)] = [
        (.permanent, .normal, true), (.permanent, .shutdown, true), (.permanent, .shutdownWith("info"), true),
        (.permanent, .error(Mishap()), true), (.transient, .normal, false), (.transient, .shutdown, false),
        (.transient, .shutdownWith("info"), false), (.transient, .error(Mishap()), true),
        (.temporary, .normal, false), (.temporary, .shutdown, false), (.temporary, .error(Mishap()), false),
    ]

    @Test("C-T09 R20 R45 restarted or gone, by restart type and reason", arguments: ends)
    func table(restart: Restart, reason: ExitReason, isRestarted: Bool) {
        var harness = DynamicHarness(running: [restart, .permanent])
        if isRestarted {
            #expect(harness.ended(1, reason) == ["child 1 ended: \(reason); restarts now", "start 1"])
            #expect(harness.started(1) == ["child 1 restarted"])
            #expect(harness.lives == ["1 running", "2 running"])
        } else {
            #expect(harness.ended(1, reason) == ["child 1 ended: \(reason); is removed", "forget 1"])
            #expect(harness.lives == ["2 running"])
        }
    }

    @Test("R30 R33 R55 the restart beyond the intensity ends the supervisor, and all others are asked at once")
    func givesUp() {
        var harness = DynamicHarness(
            intensity: RestartIntensity(2, within: .seconds(1)),
            running: [.permanent, .permanent, .temporary]
        )
        for child in [1, 2] {
            harness.crashed(child)
            harness.started(child)
        }
        harness.pass(.seconds(1))
        #expect(
            harness.crashed(1) == [
                "child 1 ended: mishap; is not restarted again", "gave up at child 1: mishap", "culprit 1", "forget 1",
                "stop all: 3, 2",
            ]
        )
        #expect(harness.ended(3, .shutdown) == ["forget 3"])
        #expect(harness.ended(2, .shutdown) == ["forget 2", "2 stopped: shutdown", "over: gave up"])
    }

    @Test("R30 S5 restarts that are older than the period do not count")
    func period() {
        var harness = DynamicHarness(intensity: RestartIntensity(1, within: .seconds(1)), running: [.permanent])
        for _ in 0..<5 {
            harness.crashed(1)
            harness.started(1)
            harness.pass(.seconds(1) + .nanoseconds(1))
        }
        #expect(harness.lives == ["1 running"])
    }

    @Test("R31 with an intensity of 0 the first restart is one too many")
    func zeroIntensity() {
        var harness = DynamicHarness(intensity: RestartIntensity(0, within: .seconds(1)), running: [.permanent])
        #expect(harness.crashed(1).suffix(2) == ["forget 1", "over: gave up"])
    }

    @Test("C-I04 R32 R33 a failed restart counts one more, and so a single crash can end the supervisor")
    func failedRestartCounts() {
        var harness = DynamicHarness(intensity: RestartIntensity(1, within: .seconds(1)), running: [.permanent])
        harness.crashed(1)
        #expect(harness.startFailed(1) == ["child 1 start failed: mishap; retry", "retry 1 in 0 s"])
        #expect(harness.lives == ["1 waiting"])
        #expect(harness.retry(1) == ["gave up at child 1: mishap", "culprit 1", "forget 1", "over: gave up"])
    }

    @Test("R46 R48 retries go on until one succeeds; one that is no longer wanted is dropped")
    func retries() {
        var harness = DynamicHarness(running: [.permanent])
        harness.crashed(1)
        harness.startFailed(1)
        #expect(harness.retry(1) == ["start 1"])
        #expect(harness.retry(1).isEmpty)
        harness.startFailed(1)
        #expect(harness.retry(1, number: 0).isEmpty)
        #expect(harness.retry(1) == ["start 1"])
        #expect(harness.started(1) == ["child 1 restarted"])
        #expect(harness.retry(1).isEmpty)
        #expect(harness.lives == ["1 running"])
    }

    @Test("R72 terminating a child that waits for a restart removes it, and its retry is dropped")
    func terminateWaiting() {
        var harness = DynamicHarness(running: [.permanent])
        harness.crashed(1)
        harness.startFailed(1)
        #expect(harness.terminate(1) == ["forget 1", "answer 2: done"])
        #expect(harness.retry(1).isEmpty)
        #expect(harness.terminate(1) == ["answer 3: unknown"])
    }

    @Test("R72 a child that is terminated goes for good, whatever it was at; all who ask are answered")
    func terminate() {
        var harness = DynamicHarness(running: [.permanent, .permanent])
        #expect(harness.terminate(1) == ["stop 1"])
        #expect(harness.terminate(1).isEmpty)
        #expect(
            harness.ended(1, .shutdown)
                == ["child 1 stopped: shutdown", "forget 1", "answer 3: done", "answer 4: done"]
        )
        harness.crashed(2)
        #expect(harness.terminate(2) == ["stop 2"])
        #expect(harness.started(2).isEmpty)
        #expect(harness.ended(2, .shutdown) == ["child 2 stopped: shutdown", "forget 2", "answer 5: done"])
        harness.add()
        #expect(harness.terminate(3) == ["answer 6: failed: exit: shutdown", "stop 3"])
        #expect(harness.startFailed(3) == ["child 3 stopped: shutdown", "forget 3", "answer 7: done"])
        #expect(harness.lives.isEmpty)
    }

    @Test("R53 a child that ends badly while it is terminated is reported")
    func badEnd() {
        var harness = DynamicHarness(running: [.permanent, .transient])
        harness.terminate(1)
        harness.terminate(2)
        #expect(harness.ended(1, .normal).first == "child 1 shutdown error: normal")
        #expect(harness.ended(2, .normal).first == "child 2 stopped: normal")
    }

    @Test("R80 those that start, run, wait, are started again or are stopped count; those that failed do not")
    func limit() {
        var harness = DynamicHarness(maxChildren: 3)
        for _ in 0..<3 { harness.add() }
        #expect(harness.add() == ["forget 4", "answer 4: more than 3 children"])
        harness.startFailed(1)
        harness.started(2)
        harness.started(3)
        #expect(harness.add() == ["start 5"])
        harness.started(5)
        harness.crashed(2)
        harness.startFailed(2)
        harness.crashed(3)
        harness.terminate(5)
        #expect(harness.lives == ["2 waiting", "3 restarting", "5 stopping"])
        #expect(harness.add().last == "answer 7: more than 3 children")
        harness.ended(5, .shutdown)
        #expect(harness.add() == ["start 7"])
    }

    @Test("R80 with a limit of 0 nothing starts")
    func limitOfZero() {
        var harness = DynamicHarness(maxChildren: 0)
        #expect(harness.add() == ["forget 1", "answer 1: more than 0 children"])
    }

    @Test("R83 R15 nothing is kept of a child that could not be started")
    func failedStart() {
        var harness = DynamicHarness()
        harness.add(backoff: .constant(.seconds(1)))
        #expect(harness.startFailed(1) == ["answer 1: failed: mishap", "forget 1"])
        harness.add()
        #expect(
            harness.ended(2, .unstoppable, askedFor: .seconds(5), isAbandoned: true)
                == ["child 2 unstoppable after 5 s", "answer 2: failed: exit: unstoppable", "close 2"]
        )
        #expect(harness.lives.isEmpty)
    }

    @Test("C-L05 R12 R45 a child whose start says ignore is not kept, at first and when it is started again")
    func ignore() {
        var harness = DynamicHarness(maxChildren: 1)
        harness.add()
        #expect(harness.startFailed(1, Ignore()) == ["child 1 ignored; is removed", "answer 1: ignored 1", "forget 1"])
        harness.add(backoff: .constant(.seconds(1)))
        #expect(
            harness.started(2, info: "port 80") == ["child 2 started on request", "answer 2: started 2 with port 80"]
        )
        harness.crashed(2)
        harness.retry(2)
        #expect(harness.startFailed(2, Ignore()) == ["child 2 ignored; is removed", "forget 2"])
        #expect(harness.lives.isEmpty)
        harness.add()
        harness.terminate(3)
        #expect(harness.startFailed(3, Ignore()).first == "child 3 stopped: shutdown")
    }

    @Test("S6 a child over its own limit waits for a pause that the supervisor does not count, or ends it")
    func ownLimit() {
        var harness = DynamicHarness(intensity: RestartIntensity(2, within: .seconds(100)))
        let limit = RestartIntensity(1, within: .seconds(100))
        harness.add(limit: ChildLimit(intensity: limit, consequence: .pause(.seconds(9))))
        harness.started(1)
        harness.crashed(1)
        harness.started(1)
        #expect(
            harness.crashed(1) == [
                "child 1 ended: mishap; restarts in 9 s", "child 1 paused for 9 s: mishap", "retry 1 in 9 s",
            ]
        )
        #expect(harness.retry(1) == ["start 1"])
        #expect(harness.startFailed(1).last == "retry 1 in 0 s")
        #expect(harness.retry(1).last == "retry 1 in 9 s")
        #expect(harness.machine.history.count == 2)
        harness.terminate(1)
        harness.add(limit: ChildLimit(intensity: RestartIntensity(0, within: .seconds(1)), consequence: .escalate))
        harness.started(2)
        #expect(harness.crashed(2).suffix(2) == ["forget 2", "over: gave up"])
    }

    @Test("R55 C-M12 a shutdown asks all at once, and tells of them in groups, by how they ended")
    func shutdown() {
        var harness = DynamicHarness(running: [.permanent, .transient, .permanent, .temporary, .permanent])
        harness.add()
        harness.crashed(1)
        harness.startFailed(1)
        #expect(
            harness.stop() == ["answer 6: shutting down", "stop all: 6, 5, 4, 3, 2", "forget 1"]
        )
        #expect(harness.add() == ["forget 7", "answer 7: shutting down"])
        harness.startFailed(6)
        harness.ended(2, .normal)
        harness.ended(3, .error(Mishap("unsaved")))
        harness.ended(5, .error(Mishap("unsaved")))
        #expect(harness.stop().isEmpty)
        #expect(
            harness.ended(4, .shutdown) == [
                "forget 4", "1 stopped: normal", "2 stopped: shutdown", "2 ended badly: unsaved", "over: shutdown",
            ]
        )
    }

    @Test("R55 with no children a shutdown is over at once")
    func emptyShutdown() {
        var harness = DynamicHarness()
        #expect(harness.stop() == ["over: shutdown"])
    }

    @Test("R55 who waits for the end of a child is answered in the shutdown, too")
    func terminationsInShutdown() {
        var harness = DynamicHarness(running: [.permanent])
        harness.terminate(1)
        #expect(harness.stop().isEmpty)
        #expect(harness.terminate(1).isEmpty)
        #expect(
            harness.ended(1, .shutdown)
                == ["forget 1", "answer 2: done", "answer 3: done", "1 stopped: shutdown", "over: shutdown"]
        )
    }

    @Test("S7 the back-off grows with each attempt and begins again after a healthy time")
    func backoff() {
        var harness = DynamicHarness()
        let backoff = Backoff.exponential(
            from: .seconds(1),
            upTo: .seconds(60),
            jitter: 0,
            healthyAfter: .seconds(10)
        )
        harness.add(backoff: backoff)
        harness.started(1)
        #expect(harness.crashed(1) == ["child 1 ended: mishap; restarts in 1 s", "retry 1 in 1 s"])
        #expect(harness.retry(1) == ["start 1"])
        #expect(harness.startFailed(1).last == "retry 1 in 2 s")
        harness.retry(1)
        harness.started(1)
        harness.pass(.seconds(10) - .nanoseconds(1))
        #expect(harness.crashed(1).last == "retry 1 in 4 s")
        harness.retry(1)
        harness.started(1)
        harness.pass(.seconds(10))
        #expect(harness.crashed(1).last == "retry 1 in 1 s")
    }

    @Test("S3 a child that was given up is restarted by its reason, and its zombie counts until it ends")
    func zombie() {
        var harness = DynamicHarness(running: [.permanent])
        #expect(
            harness.ended(1, .error(Mishap()), askedFor: .seconds(5), isAbandoned: true)
                == ["child 1 unstoppable after 5 s", "child 1 ended: mishap; restarts now", "start 1"]
        )
        harness.started(1)
        harness.terminate(1)
        harness.ended(1, .unstoppable, askedFor: .seconds(5), isAbandoned: true)
        #expect(harness.machine.zombieCount == 2)
        #expect(harness.zombieEnded(1) == ["child 1 zombie ended"])
        #expect(harness.zombieEnded(1) == ["child 1 zombie ended", "forget 1"])
        #expect(harness.zombieEnded(1).isEmpty)
        #expect(harness.machine.zombieCount == 0)
    }

    @Test("S3 escalate: the supervisor ends with the child that could not be stopped, whatever that was at")
    func escalate() {
        for life in ["starting", "running", "restarting", "stopping"] {
            var harness = DynamicHarness(running: [.permanent])
            harness.add(whenUnstoppable: .escalate)
            if life != "starting" { harness.started(2) }
            if life == "restarting" { harness.crashed(2) }
            if life == "stopping" { harness.terminate(2) }
            #expect(harness.lives == ["1 running", "2 \(life)"])
            let actions = harness.ended(2, .unstoppable, askedFor: .seconds(5), isAbandoned: true)
            #expect(actions.prefix(2) == ["child 2 unstoppable after 5 s", "culprit 2"])
            #expect(actions.contains("close 2"))
            #expect(actions.last == "stop all: 1")
            #expect(harness.add().last == "answer \(life == "stopping" ? 4 : 3): shutting down")
            #expect(harness.ended(1, .shutdown).last == "over: unstoppable")
        }
    }

    @Test("S3 escalate on the way down changes only the reason; an error that it ends with stays")
    func escalateOnTheWayDown() {
        var harness = DynamicHarness()
        for _ in 0..<2 { harness.add(whenUnstoppable: .escalate) }
        for child in 1...2 { harness.started(child) }
        harness.stop()
        // Told of alone, and so not in a group.
        #expect(
            harness.ended(1, .unstoppable, isAbandoned: true) == [
                "child 1 unstoppable after 0 s", "culprit 1", "close 1",
            ]
        )
        #expect(
            harness.ended(2, .unstoppable, isAbandoned: true)
                == ["child 2 unstoppable after 0 s", "close 2", "over: unstoppable"]
        )
        #expect(harness.isFinished)
    }

    @Test("S3 abortProcess: right after the event")
    func abortProcess() {
        var harness = DynamicHarness()
        harness.add(whenUnstoppable: .abortProcess)
        harness.started(1)
        harness.terminate(1)
        #expect(
            harness.ended(1, .unstoppable, isAbandoned: true).prefix(2)
                == ["child 1 unstoppable after 0 s", "abort for 1"]
        )
    }

    @Test("R22 what a former incarnation tells, or a child that is gone, is ignored")
    func stale() {
        var harness = DynamicHarness(running: [.permanent])
        harness.crashed(1)
        harness.started(1)
        #expect(harness.ended(1, .normal, incarnation: 1).isEmpty)
        #expect(harness.started(1).isEmpty)
        #expect(harness.startFailed(1).isEmpty)
        #expect(harness.ended(9, .normal).isEmpty)
        #expect(harness.started(9).isEmpty)
        #expect(harness.startFailed(9).isEmpty)
        #expect(harness.lives == ["1 running"])
    }

    @Test("R74 the counts: all children; those that run; those that are supervisors, whatever they do")
    func counts() {
        var harness = DynamicHarness(running: [.permanent, .permanent])
        harness.add(isSupervisor: true)
        harness.crashed(1)
        harness.startFailed(1)
        let counts = ChildCounts(harness.machine)
        #expect([counts.specs, counts.active, counts.supervisors, counts.workers] == [3, 1, 1, 2])
        #expect(counts.recentRestarts == 1)
    }

    @Test("the machine keeps its promises in random sequences of events", arguments: 0..<40)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var harness = DynamicHarness(maxChildren: 5, intensity: RestartIntensity(8, within: .seconds(3)))
        for _ in 0..<400 where !harness.isFinished {
            let child = Int.random(in: 1...max(1, harness.machine.nextKey), using: &generator)
            let life = harness.machine.slots[ChildKey(number: child)]?.life
            switch Int.random(in: 0..<40, using: &generator) {
            case 0..<8:
                let restart: Restart =
                    [.permanent, .transient, .temporary].randomElement(using: &generator) ?? .permanent
                let backoff: Backoff? = Bool.random(using: &generator) ? .constant(.seconds(1)) : nil
                harness.add(restart, isSupervisor: Bool.random(using: &generator), backoff: backoff)
            case 8..<16 where life == .starting || life == .restarting: harness.started(child)
            case 16..<20 where life == .starting || life == .restarting: harness.startFailed(child)
            case 20..<24 where life == .running || life == .stopping: harness.crashed(child)
            case 24..<27 where life == .running || life == .stopping: harness.ended(child, .normal)
            case 27..<29 where life == .stopping:
                harness.ended(child, .unstoppable, askedFor: .seconds(5), isAbandoned: true)
            case 29..<33: harness.retry(child)
            case 33..<35: harness.terminate(child)
            case 35: harness.zombieEnded(child)
            case 36..<39: harness.pass(.seconds(1))
            case 39 where seed % 4 == 0: harness.stop()
            default: break
            }
        }
        harness.stop()
        for key in harness.machine.slots.keys { harness.ended(key.number, .shutdown) }
        #expect(harness.isFinished)
        #expect(harness.machine.terminations.isEmpty && harness.machine.paces.isEmpty)
    }
}
