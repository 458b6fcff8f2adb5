import Supervision
import SupervisionTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PuppetTests {
    private struct Broken: Error {}

    @Test("A puppet's start, messages and stop go step by step, in a simulation")
    func stepByStep() throws {
        try Simulation(seed: 5).run { world in
            let puppet = Puppet("orders")
            async let start = Supervisor { puppet.child() }.start()
            let first = try await puppet.next()
            #expect(first.moment == .start(life: 1))
            first.proceed()
            let tree = try await start
            ServerRef(puppet.name).cast("ship")
            let message = try await puppet.next()
            #expect(message.moment == .message("ship"))
            message.fail(Broken())
            let end = try await puppet.next()
            #expect(end.moment == .stop("Broken()"))
            end.proceed()
            let restart = try await puppet.next()
            #expect(restart.moment == .start(life: 2))
            restart.proceed()
            async let stop: Void = tree.stop()
            try await puppet.next().proceed()
            try await stop
            try world.expect(world.now == .origin, "no time")
        }
    }

    @Test("A puppet whose start fails is told of by its supervisor (R10)")
    func failedStart() async throws {
        let puppet = Puppet("orders")
        let runtime = Runtime(clock: ManualClock(), events: SilentSink())
        async let start = Supervisor { puppet.child() }.start(in: runtime)
        try await puppet.next().fail(Broken())
        do {
            _ = try await start
            Issue.record("It has started")
        } catch {
            #expect(error is SupervisorError)
        }
    }

    @Test("A puppet heeds its cancellation, or does not and is given up (S3)")
    func cancellation() throws {
        for heeds in [true, false] {
            let report = try Simulation(seed: 1).run { world in
                let puppet = Puppet("orders", heedsCancellation: heeds)
                async let start = Supervisor { puppet.child() }.start()
                try await puppet.next().proceed()
                let tree = try await start
                ServerRef(puppet.name).cast("ship")
                let message = try await puppet.next()
                async let stop: Void = tree.stop()
                if heeds { try await puppet.next().proceed() }
                try await stop
                message.proceed()
            }
            #expect(report.events.contains { $0.contains("did not stop") } == !heeds)
        }
    }

    @Test("Who waits for a puppet can be cancelled")
    func cancelledWait() async throws {
        let puppet = Puppet("orders")
        let task = Task { try await puppet.next() }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
    }
}
