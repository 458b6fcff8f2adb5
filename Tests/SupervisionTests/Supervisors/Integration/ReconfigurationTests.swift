import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: reconfiguration")
struct ReconfigurationTests {
    let bench = Bench()
    let hold = HoldPoint()

    @Test("C-M08 R77 new specifications are kept without a start, those not listed stay, a changed shutdown is seen")
    func specifications() async throws {
        let tree = try await Supervisor {
            bench.probe("a")
            bench.probe("b")
        }.start(in: bench.runtime)
        try await tree.reconfigure {
            bench.probe("b", restart: .transient, shutdown: .timeout(.seconds(9)))
            bench.probe("c")
        }
        #expect(try await tree.lives() == ["a running", "b running", "c stopped"])
        let children = try await tree.children()
        #expect(children.map(\.shutdown) == [.timeout(.seconds(5)), .timeout(.seconds(9)), .timeout(.seconds(5))])
        #expect(children.map(\.restart) == [.permanent, .transient, .permanent])
        #expect(bench.journal.take() == ["start a", "start b"])
        try await tree.restartChild("c")
        #expect(try await bench.ref("c").call { $0.add(1) } == 1)
        try await tree.stop(.shutdown)
        #expect(bench.journal.take() == ["start c", "stop c", "stop b", "stop a"])
    }

    @Test("C-M08 R77 faulty settings or specifications are refused, and the old ones stay")
    func faulty() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        func refusal(_ change: () async throws -> Void) async -> String {
            let error = await #expect(throws: SupervisorError.self) { try await change() }
            return error.map(MachineWords.words) ?? "none"
        }
        let negative = RestartIntensity(-1, within: .seconds(1))
        #expect(await refusal { try await tree.reconfigure(intensity: negative) } == "invalid intensity.restarts")
        let significant = await refusal {
            try await tree.reconfigure(strategy: .oneForAll) {
                bench.probe("b")
                bench.probe("a", restart: .transient, significant: true)
            }
        }
        #expect(significant == "invalid significant of child 'a'")
        let twice = await refusal {
            try await tree.reconfigure {
                bench.probe("b")
                bench.probe("b")
            }
        }
        #expect(twice == "invalid the id of a child")
        let otherServer = await refusal {
            try await tree.reconfigure {
                bench.probe("b")
                Child("a") { Supervisor {} }
            }
        }
        #expect(otherServer == "invalid the server of child 'a'")
        #expect(try await tree.tree().strategy == .oneForOne)
        #expect(try await tree.lives() == ["a running"])
        #expect(try await tree.children().map(\.restart) == [.permanent])
        try await tree.stop(.shutdown)
    }

    @Test("R77 the new start function makes the next life, and its address stays")
    func startFunction() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        let ref = bench.ref("a")
        try await tree.reconfigure {
            Child(ServerName<Probe>("a")) { [bench] in Probe("other a", bench.journal) }
        }
        #expect(try await ref.call { $0.name } == "a")
        ref.crash()
        await bench.waitForRestart(of: "app/a")
        #expect(try await ref.call { $0.name } == "other a")
        try await tree.stop(.shutdown)
        #expect(bench.journal.take() == ["start a", "stop a", "start other a", "stop other a"])
    }

    @Test("R77 a new shutdown holds at once, for the life that runs")
    func shutdown() async throws {
        let tree = try await Supervisor { bench.probe("a", shutdown: .infinity) }.start(in: bench.runtime)
        bench.ref("a").cast(.hang(hold))
        await hold.waitForArrivals()
        try await tree.reconfigure { bench.probe("a", shutdown: .timeout(.seconds(2))) }
        let stop = Task { try await tree.stop(.shutdown) }
        await bench.clock.waitForSleepers(1)
        bench.clock.advance(by: .seconds(2))
        #expect(await bench.waitForGivingUp(of: "app/a") == .seconds(2))
        try await stop.value
        hold.open()
    }

    @Test("R77 a new mode is seen, judges what is added, and ends the supervisor from then on")
    func mode() async throws {
        let tree = try await Supervisor { bench.probe("a") }.start(in: bench.runtime)
        try await tree.reconfigure(strategy: .restForOne, autoShutdown: .anySignificant)
        #expect(try await tree.tree().strategy == .restForOne)
        try await tree.startChild(bench.probe("b", restart: .transient, significant: true))
        #expect(try await tree.children().map(\.significant) == [true, false])
        bench.ref("b").cast(.end(.normal))
        #expect("\(await tree.waitForExit())" == "shutdown")
    }

    @Test("R77 S12 a child that asks for it in its own start is told of the circle")
    func cycle() async throws {
        let tree = try await Supervisor {}.start(in: bench.runtime)
        let error = await #expect(throws: SupervisorError.self) {
            try await tree.startChild(bench.probe("a", onStart: { try await tree.reconfigure(strategy: .oneForAll) }))
        }
        guard case .startFailed("a", ServerError.callCycle) = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        try await tree.stop(.shutdown)
    }
}
