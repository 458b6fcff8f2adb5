import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: specifications")
struct SpecificationTests {
    let bench = Bench()

    /// A setting that cannot be, and the field that the error names.
    struct Faulty: Sendable, CustomTestStringConvertible {
        var field: String
        var intensity = RestartIntensity(3, within: .seconds(5))
        var mode = Supervisor.AutoShutdown.never
        var children: @Sendable () -> [Child] = { [] }
        var testDescription: String { field }
    }

    private static func child(
        _ id: ChildID,
        restart: Restart = .permanent,
        shutdown: Shutdown? = nil,
        significant: Bool = false
    ) -> Child {
        Child(id, restart: restart, shutdown: shutdown, significant: significant) { Probe("\(id)") }
    }

    static let faulty: [Faulty] = [
        Faulty(field: "intensity.restarts", intensity: RestartIntensity(-1, within: .seconds(5))),
        Faulty(field: "intensity.period", intensity: RestartIntensity(1, within: .zero)),
        Faulty(field: "intensity.period", intensity: RestartIntensity(1, within: .seconds(-1))),
        Faulty(field: "the id of a child", children: { [child("")] }),
        Faulty(field: "the id of a child", children: { [child("a/b")] }),
        Faulty(field: "the id of a child", children: { [child("a"), child("b"), child("a")] }),
        Faulty(field: "shutdown of child 'a'", children: { [child("a", shutdown: .timeout(.milliseconds(-10)))] }),
        Faulty(
            field: "significant of child 'a'",
            children: { [child("a", restart: .transient, significant: true)] }
        ),
        Faulty(
            field: "significant of child 'a'",
            mode: .anySignificant,
            children: { [child("a", restart: .permanent, significant: true)] }
        ),
    ]

    @Test("R2 R4 R5 R6 what cannot be is refused by field, and nothing is started (C-S11 to C-S14)", arguments: faulty)
    func refused(_ faulty: Faulty) async {
        let error = await #expect(throws: SupervisorError.self) {
            try await Supervisor(intensity: faulty.intensity, autoShutdown: faulty.mode) {
                bench.probe("first")
                faulty.children()
            }.start(in: bench.runtime)
        }
        #expect(error.map(MachineWords.words) == "invalid \(faulty.field)")
        #expect(bench.journal.lines.isEmpty)
        #expect(!bench.recorder.lines.contains { $0.hasPrefix("app/") })
    }

    @Test("R8 the error of a nested supervisor's specification is told with its path")
    func nested() async {
        let error = await #expect(throws: SupervisorError.self) {
            try await Supervisor {
                bench.probe("a")
                Child("inner") { Supervisor(intensity: RestartIntensity(-1, within: .seconds(5))) {} }
            }.start(in: bench.runtime)
        }
        guard case .childFailedToStart("app/inner", let cause as SupervisorError) = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(MachineWords.words(cause) == "invalid intensity.restarts")
        #expect(bench.journal.lines == ["start a", "stop a"])
    }

    @Test("R8 startChild refuses what cannot be, and the supervisor goes on (R6, R4)")
    func onRequest() async throws {
        let tree = try await Supervisor {}.start(in: bench.runtime)
        for (child, field) in [
            (Self.child("a", restart: .temporary, significant: true), "significant of child 'a'"),
            (Self.child("a", shutdown: .timeout(.seconds(-1))), "shutdown of child 'a'"),
            (Self.child("a/b"), "the id of a child"),
        ] {
            let error = await #expect(throws: SupervisorError.self) { try await tree.startChild(child) }
            #expect(error.map(MachineWords.words) == "invalid \(field)")
        }
        #expect(try await tree.counts().specs == 0)
        try await tree.stop(.shutdown)
    }

    @Test("R3 the defaults: permanent, not significant, 5 seconds; infinity for a supervisor (C-S09)")
    func defaults() {
        let server = Child("a") { Probe("a") }
        #expect(server.restart == .permanent)
        #expect(server.shutdown == .timeout(.seconds(5)))
        #expect(!server.significant)
        #expect(server.backoff == nil)
        #expect(server.name == nil)
        #expect(Child("s") { Supervisor {} }.shutdown == .infinity)
        #expect(Worker("w") {}.child.shutdown == .timeout(.seconds(5)))
        #expect(Supervisor {}.strategy == .oneForOne)
        #expect(Supervisor {}.autoShutdown == .never)
    }

    @Test("C-S14 C-S11 R8 all that is wrong is told at once, in order, and nothing is started", arguments: faulty)
    func problems(_ faulty: Faulty) {
        let supervisor = Supervisor(intensity: faulty.intensity, autoShutdown: faulty.mode) {
            bench.probe("first")
            faulty.children()
        }
        #expect(supervisor.problems.map(MachineWords.words) == ["invalid \(faulty.field)"])
        #expect(bench.recorder.lines.isEmpty)
        #expect(Supervisor { bench.probe("first") }.problems.isEmpty)
    }

    @Test("R8 several problems, each with field, value and remedy")
    func several() {
        let supervisor = Supervisor(intensity: RestartIntensity(-1, within: .zero)) {
            Self.child("a", shutdown: .timeout(.seconds(-1)), significant: true)
            Self.child("a").watchdog(.zero).mailbox(limit: 0, highWater: 0)
        }
        #expect(
            supervisor.problems.map(\.description) == [
                "intensity.restarts is -1, but must be 0 or more",
                "intensity.period is 0 s, but must be longer than zero",
                "shutdown of child 'a' is -1 s, but must be a timeout of zero or more, .infinity or .brutalKill",
                "significant of child 'a' is true with autoShutdown: .never, but must be false, or the supervisor's "
                    + "autoShutdown .anySignificant or .allSignificant",
                "significant of child 'a' is true with restart: .permanent, but must be false, or the child transient "
                    + "or temporary: a permanent one never ends for good",
                "watchdog of child 'a' is 0 s, but must be longer than zero",
                "mailbox limit of child 'a' is 0, but must be 1 or more",
                "mailbox highWater of child 'a' is 0, but must be 1 or more",
                "the id of a child is 'a' twice, but must be unique within its supervisor",
            ]
        )
    }

    @Test("C-S13 R6 R8 significance is judged against the given mode; against none, only what can never be")
    func againstMode() {
        let transient = Self.child("a", restart: .transient, significant: true)
        let permanent = Self.child("a", significant: true)
        #expect(Supervisor.problems { transient }.isEmpty)
        #expect(Supervisor.problems(autoShutdown: .allSignificant) { transient }.isEmpty)
        #expect(
            Supervisor.problems(autoShutdown: .never) { transient }.map(\.description) == [
                "significant of child 'a' is true with autoShutdown: .never, but must be false, or the supervisor's "
                    + "autoShutdown .anySignificant or .allSignificant"
            ]
        )
        for mode in [nil, Supervisor.AutoShutdown.anySignificant] {
            #expect(
                Supervisor.problems(autoShutdown: mode) { permanent }.map(\.description) == [
                    "significant of child 'a' is true with restart: .permanent, but must be false, or the child "
                        + "transient or temporary: a permanent one never ends for good"
                ]
            )
        }
    }

    @Test("R4 all good combinations pass (C-S11)")
    func good() {
        let shutdowns: [Shutdown] = [.brutalKill, .infinity, .timeout(.zero), .timeout(.milliseconds(1))]
        for shutdown in shutdowns {
            for restart in [Restart.permanent, .transient, .temporary] {
                for mode in [Supervisor.AutoShutdown.never, .anySignificant, .allSignificant] {
                    let significant = restart != .permanent && mode != .never
                    let child = Self.child("a", restart: restart, shutdown: shutdown, significant: significant)
                    #expect(throws: Never.self) { try SpecificationCheck.check(child, mode) }
                }
            }
        }
        #expect(throws: Never.self) { try SpecificationCheck.check(RestartIntensity(0, within: .nanoseconds(1))) }
    }

    @Test("R10 children can be listed with if, switch and for")
    func builder() async throws {
        for isLarge in [true, false] {
            let bench = Bench()
            let tree = try await Supervisor {
                if isLarge { bench.probe("a") } else { bench.probe("b") }
                for id in ["c", "d"] { bench.probe(id) }
                if isLarge { Worker("w") { try await Runtime.current.sleep(for: .seconds(1000)) } }
            }.start(in: bench.runtime)
            let ids = try await tree.children().reversed().map(\.id)
            #expect(ids == (isLarge ? ["a", "c", "d", "w"] : ["b", "c", "d"]))
            try await tree.stop(.shutdown)
        }
    }
}
