import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Application")
struct ApplicationTests {
    let bench = Bench()

    @Test("A1 the last child's terminate comes while everything still runs; what stands after run() comes last")
    func hooks() async throws {
        let end = Task { [bench] in
            bench.journal.note("before")
            try await Supervisor {
                bench.probe("web")
                bench.probe(
                    "announcement",
                    onTerminate: {
                        let isUp = (try? await bench.ref("web").call { $0.total }) != nil
                        bench.journal.note("web is \(isUp ? "up" : "down")")
                    }
                )
            }.run(in: bench.runtime, stoppingOn: [])
            bench.journal.note("after")
        }
        await bench.recorder.waitFor(line: "app started")
        end.cancel()
        try await end.value
        let lines = bench.journal.take()
        #expect(
            lines == [
                "before", "start web", "start announcement", "web is up", "stop announcement", "stop web", "after",
            ]
        )
    }

    @Test("A3 run() returns at a clean end, and throws at an abnormal one")
    func ends() async throws {
        let clean = Task { [bench] in
            try await Supervisor { bench.probe("a") }.run(as: "clean", in: bench.runtime, stoppingOn: [])
        }
        await bench.recorder.waitFor(line: "clean started")
        ServerRef(ServerName<Supervisor>("clean"), in: bench.runtime).exit(.shutdown)
        try await clean.value
        let abnormal = Task { [bench] in
            try await Supervisor { bench.probe("b") }.run(as: "abnormal", in: bench.runtime, stoppingOn: [])
        }
        await bench.recorder.waitFor(line: "abnormal started")
        ServerRef(ServerName<Supervisor>("abnormal"), in: bench.runtime).exit(.error(Mishap("from outside")))
        await #expect(throws: Mishap("from outside")) { try await abnormal.value }
    }

    @Test("A3 trees side by side end on their own")
    func sideBySide() async throws {
        let end = Task { [bench] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in ["one", "two"] as [ChildID] {
                    group.addTask {
                        try await Supervisor { bench.probe("\(id) child") }
                            .run(as: id, in: bench.runtime, stoppingOn: [])
                    }
                }
                try await group.waitForAll()
            }
        }
        await bench.recorder.waitFor(line: "one started")
        await bench.recorder.waitFor(line: "two started")
        ServerRef(ServerName<Supervisor>("one"), in: bench.runtime).exit(.shutdown)
        await bench.recorder.waitFor(line: "one stopped")
        #expect(try await bench.ref("two child").call { $0.add(1) } == 1)
        ServerRef(ServerName<Supervisor>("two"), in: bench.runtime).exit(.shutdown)
        try await end.value
    }
}
