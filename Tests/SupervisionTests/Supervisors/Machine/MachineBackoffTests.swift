import Testing

@testable import Supervision

@Suite("The machine: back-off")
struct MachineBackoffTests {
    private static let exponential = Backoff.exponential(
        from: .seconds(1),
        upTo: .seconds(8),
        jitter: 0,
        healthyAfter: .seconds(60)
    )

    private func tree(
        _ backoff: Backoff,
        intensity: RestartIntensity = RestartIntensity(100, within: .seconds(1))
    ) -> MachineHarness {
        MachineHarness(intensity: intensity, running: [.init("a", .permanent, backoff: backoff), "b"])
    }

    @Test("S7 by default there is no delay")
    func none() {
        var tree = MachineHarness(running: ["a"])
        #expect(tree.crashed("a").orders == ["start a"])
        #expect(tree.startFailed("a").orders == ["retry a"])
    }

    @Test("S7 each attempt waits longer, up to the cap")
    func delays() {
        var tree = tree(Self.exponential)
        for delay in ["1 s", "2 s", "4 s", "8 s", "8 s"] {
            let end = tree.crashed("a")
            #expect(end.orders == ["retry a in \(delay)"])
            #expect(end.reports == ["a ended: mishap; restarts in \(delay)"])
            #expect(tree.lives == ["a restarting", "b running"])
            #expect(tree.retry("a").orders == ["start a"])
            tree.started("a")
        }
    }

    @Test("S7 a failed restart goes on with the next delay")
    func failedRestart() {
        var tree = tree(Self.exponential)
        #expect(tree.crashed("a").orders == ["retry a in 1 s"])
        tree.retry("a")
        #expect(tree.startFailed("a").orders == ["retry a in 2 s"])
        tree.retry("a")
        #expect(tree.startFailed("a").orders == ["retry a in 4 s"])
    }

    @Test("S7 after a healthy time the delays begin again from the first")
    func healthy() {
        for (time, delay) in [
            (Duration.seconds(60), "1 s"), (.seconds(61), "1 s"), (.seconds(60) - .nanoseconds(1), "4 s"),
        ] {
            var tree = tree(Self.exponential)
            tree.crashed("a")
            tree.retry("a")
            tree.startFailed("a")
            tree.retry("a")
            tree.started("a")
            tree.pass(time)
            #expect(tree.crashed("a").orders == ["retry a in \(delay)"], "after \(time)")
        }
    }

    @Test("S7 without a healthy time of its own, the cap is the healthy time")
    func capAsHealthyTime() {
        var tree = tree(.linear(from: .seconds(1), step: .seconds(1), upTo: .seconds(10), jitter: 0))
        tree.crashed("a")
        tree.retry("a")
        tree.started("a")
        tree.pass(.seconds(10) - .nanoseconds(1))
        #expect(tree.crashed("a").orders == ["retry a in 2 s"])
        tree.retry("a")
        tree.started("a")
        tree.pass(.seconds(10))
        #expect(tree.crashed("a").orders == ["retry a in 1 s"])
    }

    @Test("S7 full jitter draws from zero to the delay")
    func jitter() {
        let backoff = Backoff.constant(.seconds(4))
        var tree = tree(backoff)
        #expect(tree.crashed("a").orders == ["retry a in 4 s"])
        let drawn = Backoff.exponential(from: .seconds(4), upTo: .seconds(8), jitter: 1)
        for (draw, delay) in [(0.0, "retry a"), (0.25, "retry a in 1 s"), (1.0, "retry a in 4 s")] {
            var tree = MachineHarness(
                random: { range in
                    #expect(range == 0...1)
                    return draw
                },
                running: [.init("a", .permanent, backoff: drawn)]
            )
            #expect(tree.crashed("a").orders == [delay])
        }
    }

    @Test("S7 R30 an attempt counts when it is made, not when the child ends")
    func counting() {
        var tree = tree(.constant(.seconds(3)), intensity: RestartIntensity(1, within: .seconds(5)))
        tree.crashed("a")
        #expect(tree.machine.history.count == 0)
        tree.pass(.seconds(3))
        #expect(tree.retry("a").orders == ["start a"])
        #expect(tree.machine.history.count == 1)
        tree.started("a")
        tree.crashed("a")
        tree.pass(.seconds(3))
        #expect(tree.retry("a").orders == ["stop b"])
        #expect(tree.ended("b", .shutdown).orders == ["finish: gave up at a: mishap"])
    }

    @Test("S7 R70 while it waits the child counts as restarting")
    func countsAsRestarting() {
        var tree = tree(.constant(.seconds(3)))
        tree.crashed("a")
        #expect(ChildCounts(tree.machine).active == 1)
        #expect(tree.add("a").replies == ["already present"])
        #expect(tree.restart("a").replies == ["restarting"])
        #expect(tree.delete("a").replies == ["restarting"])
        #expect(tree.terminate("a").replies == ["ok"])
        #expect(tree.retry("a").isEmpty)
        #expect(tree.lives == ["a down", "b running"])
    }

    @Test("S7 a child brought back on request begins with the first delay")
    func broughtBack() {
        var tree = tree(Self.exponential)
        tree.crashed("a")
        tree.retry("a")
        tree.startFailed("a")
        tree.terminate("a")
        tree.restart("a")
        tree.started("a")
        #expect(tree.crashed("a").orders == ["retry a in 1 s"])
    }

    @Test("S7 R42 the group is restarted when the delay is over, and runs on until then")
    func group() {
        var tree = MachineHarness(
            .oneForAll,
            running: [.init("a", .permanent, backoff: .constant(.seconds(3))), "b"]
        )
        #expect(tree.crashed("a").orders == ["retry a in 3 s"])
        #expect(tree.lives == ["a restarting", "b running"])
        #expect(tree.retry("a").orders == ["stop b"])
        #expect(tree.ended("b", .shutdown).orders == ["start a"])
    }
}
