import Dispatch
import Foundation
import Supervision
import Synchronization
import Testing

@testable import SupervisionTesting

@Suite(.timeLimit(.minutes(1)))
struct EscapeTests {
    private static func escaping(_ world: Simulation.World) async throws {
        try await world.withLedgers { ledger, _ in
            ledger.cast(.escape)
            try await world.sleep(for: .seconds(1))
        }
    }

    @Test("A bare task is taken in, so that it runs in the order of the seed")
    func bareTask() throws {
        try #require(OutsideWork.isCaptured)
        let report = try Simulation(seed: 1).run { world in
            let order = Kinds()
            let tasks = (0..<3).map { number in
                Task {
                    await Task.yield()
                    order.add(["\(number)"])
                }
            }
            for task in tasks { await task.value }
            world.note(order.all.joined())
        }
        #expect(report.outsideTasks.count >= 3)
        #expect(report.events.count == 1)
    }

    @Test("A bare task fails a run that refuses them, and is named by the server that started it")
    func refused() throws {
        try #require(OutsideWork.isCaptured)
        var simulation = Simulation(seed: 1)
        simulation.refusesOutsideTasks = true
        let failure = failure(of: simulation, Self.escaping)
        guard case .escaped(let work, _) = failure?.problem else {
            Issue.record("Nothing has escaped: \(failure as Any)")
            return
        }
        #expect(work.first?.contains("app/ledger handles cast Message") == true, "\(work)")
    }

    @Test("A task that another thread resumes is told of")
    func otherThread() throws {
        let failure = failure(of: Simulation(seed: 1)) { world in
            let box = Box()
            async let waiter: Void = withCheckedContinuation { continuation in
                box.content.withLock { $0 = continuation }
            }
            // By then all that can go on has done so.
            try await world.sleep(for: .seconds(1))
            Self.onAnotherThread { box.content.withLock { $0 }?.resume() }
            await waiter
        }
        guard case .escaped(let work, _) = failure?.problem else {
            Issue.record("Nothing has escaped: \(failure as Any)")
            return
        }
        #expect(work == ["1 resumed from another thread"])
    }

    private final class Box: Sendable {
        let content = Mutex<CheckedContinuation<Void, Never>?>(nil)
    }

    /// Runs `body` on a thread of its own, and returns when it has.
    private static func onAnotherThread(_ body: @escaping @Sendable () -> Void) {
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            body()
            done.signal()
        }
        done.wait()
    }
}
