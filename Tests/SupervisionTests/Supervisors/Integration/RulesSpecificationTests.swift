import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Supervisors: what a child's specification may ask for")
struct RulesSpecificationTests {
    let bench = Bench()

    private struct Case: CustomTestStringConvertible, Sendable {
        var field: String
        var value: String
        var child: @Sendable (Child) -> Child
        var testDescription: String { "\(field) \(value)" }
    }

    private static let bad: [Case] = [
        Case(field: "startTimeout", value: "0 s") { $0.startTimeout(.zero) },
        Case(field: "startTimeout", value: "-1 s") { $0.startTimeout(.seconds(-1)) },
        Case(field: "drain", value: "-1 s") { $0.drain(for: .seconds(-1)) },
        Case(field: "watchdog", value: "0 s") { $0.watchdog(.zero) },
        Case(field: "watchdog", value: "-1 s") { $0.watchdog(.seconds(-1)) },
        Case(field: "mailbox limit", value: "0") { $0.mailbox(limit: 0) },
        Case(field: "mailbox limit", value: "-5") { $0.mailbox(limit: -5) },
        Case(field: "mailbox highWater", value: "0") { $0.mailbox(limit: 5, highWater: 0) },
        Case(field: "mailbox highWater", value: "-1") { $0.mailbox(highWater: -1) },
    ]

    @Test("R8 S9 S10 S14 S17 a rule that cannot be is refused before anything starts", arguments: bad)
    private func refused(bad: Case) async throws {
        let error = await #expect(throws: SupervisorError.self) {
            try await Supervisor {
                bench.probe("a")
                bad.child(bench.probe("b"))
            }.start(in: bench.runtime)
        }
        guard case .invalid(let field, let value, _) = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(field == "\(bad.field) of child 'b'")
        #expect(value == bad.value)
        #expect(bench.journal.lines.isEmpty)
        let tree = try await Supervisor {}.start(in: bench.runtime)
        await #expect(throws: SupervisorError.self) { try await tree.startChild(bad.child(bench.probe("b"))) }
        #expect(try await tree.counts().specs == 0)
        try await tree.stop(.shutdown)
    }

    @Test("S14 a supervisor cannot drain; the servers in it can")
    func drainOfSupervisor() async throws {
        let error = await #expect(throws: SupervisorError.self) {
            try await Supervisor { Child("inner") { Supervisor {} }.drain(for: .seconds(1)) }.start(in: bench.runtime)
        }
        #expect("\(error as Any)".contains("drain of child 'inner' is set on a supervisor"))
    }

    @Test("R3 every rule can be set together, on a child and on a worker, and the copy leaves the original alone")
    func together() async throws {
        let plain = bench.probe("a")
        let child =
            plain
            .startTimeout(.seconds(1)).drain(for: .zero).watchdog(.seconds(1))
            .mailbox(limit: 1, overflow: .suspend, highWater: 9).mail(.discarded).crashes { _ in false }
        #expect(plain.rules == nil)
        let rules = try #require(child.rules)
        #expect(rules.traits == [.isBounded, .discardsMail, .isWatched])
        #expect(rules.startTimeout == .seconds(1))
        #expect(rules.drainTime == .zero)
        #expect(rules.mailbox?.highWater == 9)
        let worker = Worker("w") { try await Runtime.current.sleep(for: .seconds(1_000)) }
            .startTimeout(.seconds(1)).drain(for: .seconds(1)).mailbox(highWater: 1)
        let tree = try await Supervisor {
            child
            worker
        }.start(in: bench.runtime)
        await bench.clock.waitForSleepers(1)
        try await tree.stop(.shutdown)
        #expect(bench.clock.sleeperCount == 0)
    }
}
