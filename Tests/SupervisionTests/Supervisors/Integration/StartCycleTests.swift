import Supervision
import SupervisionTesting
import Synchronization
import Testing

/// Starts that wait for what waits for them. The clock stands still, so that no call's time is ever over.
@Suite("Supervisors: starts that would wait for themselves", .timeLimit(.minutes(1)))
struct StartCycleTests {
    private let bench = Bench()
    private let hold = HoldPoint()

    /// What a server asks of another in its second life, and what it is told if it may not.
    private final class SecondLife: Sendable {
        private let lives = Atomic(0)
        private let told = Mutex<[String]>([])
        private let ask: @Sendable () async throws -> Void

        init(_ ask: @escaping @Sendable () async throws -> Void) {
            self.ask = ask
        }

        var path: [String] { told.withLock { $0 } }

        @Sendable
        func start() async throws {
            guard lives.add(1, ordering: .relaxed).newValue == 2 else { return }
            do {
                try await ask()
            } catch ServerError.callCycle(let path) {
                told.withLock { $0 = path }
            }
        }
    }

    @Test("S12 a start that calls a sibling which is started after it")
    func laterSibling() async throws {
        let second = SecondLife { [later = bench.ref("later")] in _ = try await later.call { $0.total } }
        let tree = try await Supervisor(strategy: .oneForAll) {
            bench.probe("early", onStart: second.start)
            bench.probe("later")
        }.start(in: bench.runtime)
        bench.ref("early").crash()
        await bench.waitForRestart(of: "app/later")
        #expect(second.path == ["app/later", "app", "app/early", "app/later"])
        try await tree.stop(.shutdown)
    }

    @Test("S12 a start whose call waits for a sibling when that crashes, and when that cannot start again")
    func crashingSibling() async throws {
        let second = SecondLife { [first = bench.ref("first")] in _ = try await first.call { $0.total } }
        let tree = try await Supervisor(strategy: .restForOne) {
            bench.probe("first")
            bench.probe("second", onStart: second.start)
        }.start(in: bench.runtime)
        bench.ref("first").cast(.hang(hold))
        await hold.waitForArrivals()
        bench.ref("first").crash()
        bench.ref("second").crash()
        await bench.clock.waitForSleepers(1)
        hold.open()
        await bench.waitForRestart(of: "app/second")
        #expect(second.path == ["app/first", "app", "app/second", "app/first"])
        try await tree.stop(.shutdown)
    }

    @Test("S12 through another server, and from a child of a supervisor that starts")
    func nested() async throws {
        let (between, later) = (bench.ref("between"), bench.ref("later"))
        let second = SecondLife {
            try await between.call { _ in _ = try await later.call { $0.total } }
        }
        let tree = try await Supervisor(strategy: .restForOne) {
            bench.probe("between")
            bench.probe("base")
            Child("inner") { [bench] in
                Supervisor { bench.probe("deep", onStart: second.start) }
            }
            bench.probe("later")
        }.start(in: bench.runtime)
        bench.ref("base").crash()
        await bench.waitForRestart(of: "app/later")
        #expect(
            second.path == ["app/later", "app", "app/inner", "app/inner/deep", "app/between", "app/later"]
        )
        try await tree.stop(.shutdown)
    }

    @Test("S12 a start that asks the supervisor above its own for a change, while that starts the whole of it")
    func changeFurtherUp() async throws {
        let second = SecondLife { [runtime = bench.runtime] in
            try await ServerRef(.app, in: runtime).terminateChild("base")
        }
        let tree = try await Supervisor(strategy: .oneForAll) {
            bench.probe("base")
            Child("inner") { [bench] in
                Supervisor { bench.probe("deep", onStart: second.start) }
            }
        }.start(in: bench.runtime)
        bench.ref("base").crash()
        await bench.waitForRestart(of: "app/inner")
        #expect(second.path == ["app", "app/inner", "app/inner/deep", "app"])
        try await tree.stop(.shutdown)
    }

    @Test("S2 a start under one-for-one waits for a sibling, which its supervisor can start again meanwhile")
    func independentSibling() async throws {
        let sums = LifeJournal()
        let second = SecondLife { [slow = bench.ref("slow")] in sums.note("\(try await slow.call { $0.add(7) })") }
        let tree = try await Supervisor {
            bench.probe("slow", backoff: .constant(.seconds(1)))
            bench.probe("quick", onStart: second.start)
        }.start(in: bench.runtime)
        bench.ref("slow").crash()
        await bench.clock.waitForSleepers(1)
        bench.ref("quick").crash()
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(1))
        await bench.waitForRestart(of: "app/quick")
        #expect(second.path == [])
        #expect(sums.lines == ["7"])
        try await tree.stop(.shutdown)
    }

    @Test("S12 a child of a supervisor that has long started may ask the one above for a change")
    func changeFromARunningBranch() async throws {
        let second = SecondLife { [runtime = bench.runtime] in
            try await ServerRef(.app, in: runtime).terminateChild("base")
        }
        let tree = try await Supervisor {
            bench.probe("base")
            Child("inner") { [bench] in
                Supervisor { bench.probe("deep", onStart: second.start) }
            }
        }.start(in: bench.runtime)
        bench.ref("deep").crash()
        await bench.waitForRestart(of: "app/inner/deep")
        #expect(second.path == [])
        #expect(try await tree.lives() == ["base stopped (shutdown)", "inner running"])
        try await tree.stop(.shutdown)
    }
}
