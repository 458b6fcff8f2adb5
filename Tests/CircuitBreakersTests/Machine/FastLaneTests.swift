import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("The fast lane")
struct FastLaneTests {
    /// A lane that can be handed about.
    private final class Lane: Sendable {
        private let lane: FastLane
        private let circuit = Circuit(
            "any",
            policy: SharedPolicy(CircuitPolicy()),
            table: .forTests(in: Runtime(clock: ManualClock(), events: SilentSink()))
        )
        // Changed only while the lane is closed, as those of a circuit are.
        nonisolated(unsafe) let details = CircuitDetails.allocated()

        init(collisions: UInt32 = 0) {
            lane = FastLane(collisions: collisions)
            occupy("a")
        }

        deinit {
            details.deinitialize(count: 1)
            details.deallocate()
        }

        var now: RuntimeInstant { circuit.now }

        /// By a circuit that nobody asks anything.
        func occupy(_ service: ServiceName) {
            guard let spelling = service.spelling else { return }
            lane.occupy(Unmanaged.passUnretained(circuit), spelling)
        }

        var isWide: Bool { lane.isWide }
        func open(_ generation: UInt64, takesSuccesses: Bool = true) {
            lane.open(generation: generation, takesSuccesses: takesSuccesses)
        }
        /// The calls and the successes.
        func close() -> [Int] {
            let counts = lane.close()
            return [counts.calls, counts.successes]
        }
        func enter() -> CircuitTicket? { lane.enter().map { CircuitTicket(generation: $0.generation) } }
        func enter(on line: Int) -> CircuitTicket? {
            lane.enter(on: line).map { CircuitTicket(generation: $0.generation) }
        }
        func look(_ service: ServiceName) -> FastLane.View? { service.spelling.flatMap { lane.enter($0) } }
        func openForRejections() { lane.openForRejections(details) }
        func reject(_ service: ServiceName? = nil) -> CircuitMachine.OpenRejection? {
            lane.reject(service?.spelling)
        }
        func closeForRejections() -> Int { lane.close().rejections }
        func succeed(_ ticket: CircuitTicket) -> Bool { lane.succeed(ticket) }
        func succeed(_ ticket: CircuitTicket, on line: Int) -> Bool { lane.succeed(ticket, on: line) }
    }

    @Test("B12 B15 it counts what it lets in and what succeeds, by however many threads", arguments: [0, 1_000])
    func counts(collisions: UInt32) async {
        let lane = Lane(collisions: collisions)
        lane.open(7)
        #expect(lane.isWide == (collisions > 0))
        let expected = await withTaskGroup(of: (Int, Int).self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var (calls, successes) = (0, 0)
                    for number in 0..<1_000 {
                        guard let ticket = lane.enter() else { continue }
                        calls += 1
                        if number % 10 != 0, lane.succeed(ticket) { successes += 1 }
                    }
                    return (calls, successes)
                }
            }
            return await group.reduce(into: [0, 0]) { sum, part in
                sum[0] += part.0
                sum[1] += part.1
            }
        }
        #expect(expected[0] == 4_000 || !lane.isWide)
        #expect(lane.close() == expected)
        #expect(lane.close() == [0, 0])
    }

    @Test("B15 a wide one counts on whichever line a call comes in and reports")
    func lines() throws {
        let lane = Lane(collisions: 1_000)
        lane.open(1)
        for line in 0..<ThreadLine.count {
            let ticket = try #require(lane.enter(on: line))
            #expect(lane.succeed(ticket, on: (line + 3) % ThreadLine.count))
        }
        #expect(lane.close() == [ThreadLine.count, ThreadLine.count])
        for line in 0..<ThreadLine.count { #expect(lane.enter(on: line) == nil) }
        #expect(ThreadLine.index < ThreadLine.count)
    }

    @Test(
        "B4 B15 it lets nobody in while it is closed, and takes no success of another generation",
        arguments: [0, 1_000]
    )
    func isClosed(collisions: UInt32) throws {
        let lane = Lane(collisions: collisions)
        #expect(lane.enter() == nil)
        lane.open(1)
        let ticket = try #require(lane.enter())
        #expect(lane.close() == [1, 0])
        #expect(lane.enter() == nil)
        #expect(!lane.succeed(ticket))
        lane.open(2)
        #expect(!lane.succeed(ticket))
        #expect(lane.close() == [0, 0])
    }

    @Test("B15 it takes no success when each may change something", arguments: [0, 1_000])
    func withoutSuccesses(collisions: UInt32) throws {
        let lane = Lane(collisions: collisions)
        lane.open(1, takesSuccesses: false)
        let ticket = try #require(lane.enter())
        #expect(!lane.succeed(ticket))
        #expect(lane.close() == [1, 0])
    }

    @Test("B22 it lets in by name those of its own circuit alone, and is another one to all once it has had another")
    func changesHands() throws {
        let lane = Lane()
        lane.open(1)
        #expect(lane.look("b") == nil)
        let seen = try #require(lane.look("a"))
        #expect(lane.close() == [1, 0])
        lane.occupy("b")
        lane.open(1)
        #expect(lane.look("a") == nil)
        #expect(try #require(lane.look("b")).word != seen.word)
    }

    @Test("B15 it is full before a count runs over")
    func full() {
        let lane = Lane()
        lane.open(1)
        var calls = 0
        while lane.enter() != nil { calls += 1 }
        #expect(calls == 1 << 18 - 1)
        #expect(lane.close() == [calls, 0])
    }

    @Test("B11 B15 it rejects until the open time is over, or a rejection is to be told, and counts who was rejected")
    func rejects() throws {
        let lane = Lane()
        #expect(lane.reject() == nil)
        lane.openForRejections()
        // The first one is told.
        #expect(lane.reject() == nil)
        #expect(lane.closeForRejections() == 0)
        _ = lane.details.pointee.rejections.add(at: lane.now)
        lane.details.pointee.openUntil = lane.now.advanced(by: .seconds(3))
        lane.details.pointee.lastFailure = Failure(number: 7)
        lane.openForRejections()
        let rejection = try #require(lane.reject("a"))
        #expect(rejection.retryAfter == .seconds(3))
        #expect(rejection.lastFailure as? Failure == Failure(number: 7))
        #expect(lane.reject("b") == nil)
        #expect(lane.reject() != nil)
        #expect(lane.enter() == nil)
        #expect(lane.closeForRejections() == 2)
        #expect(lane.reject() == nil)
        lane.details.pointee.openUntil = lane.now
        lane.openForRejections()
        #expect(lane.reject() == nil)
        #expect(lane.closeForRejections() == 0)
    }

    @Test(
        "B7 B27 who closes it waits for those who are being rejected: none is lost, none reads what is changed",
        arguments: [0, 1_000]
    )
    func closesForRejections(collisions: UInt32) async {
        let lane = Lane(collisions: collisions)
        _ = lane.details.pointee.rejections.add(at: lane.now)
        let counted = await withTaskGroup(of: (rejected: Int, counted: Int).self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var (rejected, last) = (0, 0)
                    for number in 0..<10_000 {
                        if number % 100 == 0 { await Task.yield() }
                        guard let rejection = lane.reject() else { continue }
                        rejected += 1
                        // Each is of a later time than the one before.
                        let failure = (rejection.lastFailure as? Failure)?.number ?? -1
                        if failure < last { Issue.record("\(failure) after \(last)") }
                        last = failure
                    }
                    return (rejected, 0)
                }
            }
            group.addTask {
                var counted = 0
                for number in 0..<1_000 {
                    lane.details.pointee.lastFailure = Failure(number: number)
                    lane.openForRejections()
                    if number % 16 == 0 { await Task.yield() }
                    counted += lane.closeForRejections()
                }
                return (0, counted)
            }
            return await group.reduce(into: (rejected: 0, counted: 0)) { sum, part in
                sum.rejected += part.rejected
                sum.counted += part.counted
            }
        }
        #expect(counted.rejected == counted.counted)
        #expect(counted.rejected > 0)
    }

    private struct Failure: Error, Equatable {
        let number: Int
    }
}
