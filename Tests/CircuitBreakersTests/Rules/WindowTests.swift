import Supervision
import Testing

@testable import CircuitBreakers

@Suite("Rules: windows of time")
struct WindowTests {
    private let threeInTen = CircuitPolicy.tripping(.failures(3, within: .seconds(10)))

    /// Fails at those moments, in milliseconds.
    private func fail(_ bench: MachineBench, at milliseconds: Int64...) {
        for time in milliseconds {
            bench.now = RuntimeInstant(nanoseconds: time * 1_000_000)
            bench.call(.failure)
        }
    }

    @Test("K13 B10 the third failure comes when the first has left the window")
    func sparse() {
        let bench = MachineBench(threeInTen)
        fail(bench, at: 0, 6_000, 12_000)
        #expect(bench.state == .closed)
        fail(bench, at: 15_999)
        #expect(bench.state == .open)
    }

    @Test("K14 B10 three failures within the window, whatever succeeded between them")
    func dense() {
        let bench = MachineBench(threeInTen)
        fail(bench, at: 0, 5_000)
        bench.call(.success, .ignored)
        fail(bench, at: 9_900)
        #expect(bench.state == .open)
        #expect(bench.transitions.last?.reason == .failures(3, within: .seconds(10)))
    }

    @Test("K17 B10 a failure whose age is exactly the window is out, a nanosecond less and it is in")
    func edge() {
        for (last, state) in [(Int64(10_000_000_000), CircuitState.closed), (9_999_999_999, .open)] {
            let bench = MachineBench(threeInTen)
            fail(bench, at: 0, 5_000)
            bench.now = RuntimeInstant(nanoseconds: last)
            bench.call(.failure)
            #expect(bench.state == state, "\(last) ns")
        }
    }

    @Test("K17 B10 a rate over a time has the same edge")
    func rateEdge() {
        for (last, state) in [(Int64(10_000_000_000), CircuitState.closed), (9_999_999_999, .open)] {
            let bench = MachineBench(.tripping(.failureRate(1, over: .time(.seconds(10)), minimumCalls: 3)))
            fail(bench, at: 0, 5_000)
            bench.now = RuntimeInstant(nanoseconds: last)
            bench.call(.failure)
            #expect(bench.state == state, "\(last) ns")
        }
    }

    @Test("B10 a rate over a time forgets successes as it forgets failures")
    func rateOverTime() {
        let bench = MachineBench(.tripping(.failureRate(0.5, over: .time(.seconds(10)), minimumCalls: 4)))
        bench.call(.success, .success, .success, .success, .success, .success)
        bench.wait(.seconds(5))
        bench.call(.failure, .failure, .failure)
        #expect(bench.state == .closed)
        bench.wait(.seconds(5))
        bench.call(.failure)
        #expect(bench.transitions.last?.reason == .failureRate(1, calls: 4))
    }

    @Test("B10 a window begins empty after a close")
    func emptyAfterClose() {
        let bench = MachineBench(threeInTen)
        fail(bench, at: 0, 1, 2)
        bench.wait(.seconds(10))
        bench.call(.success)
        #expect(bench.state == .closed)
        bench.call(.failure, .failure)
        #expect(bench.state == .closed)
        bench.call(.failure)
        #expect(bench.state == .open)
    }

    @Test("B10 B15 a time window agrees with a list of all calls", arguments: [UInt64(1), 2, 3, 4])
    func model(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let window = Duration.milliseconds(100)
        var log = TimeLog(duration: window)
        var list: [(time: RuntimeInstant, isFailure: Bool, isSlow: Bool)] = []
        var now = RuntimeInstant.origin
        for step in 0..<1_000 {
            // Few enough moments in the window for the log to be exact.
            now = now.advanced(by: .milliseconds(Int64(random.next() % 8)))
            if random.next() % 50 == 0 { now = now.advanced(by: window) }
            let call = (now, random.next() % 3 == 0, random.next() % 4 == 0)
            log.append(isFailure: call.1, isSlow: call.2, at: now)
            list.append(call)
            list.removeAll { $0.time.duration(to: now) >= window }
            #expect(log.calls == list.count, "step \(step)")
            #expect(log.failures == list.count(where: \.isFailure), "step \(step)")
            #expect(log.slow == list.count(where: \.isSlow), "step \(step)")
        }
    }

    @Test("B10 a crowded time window counts nothing that is out of it, and lets nothing go much too early")
    func crowded() {
        let window = Duration.seconds(32)
        var log = TimeLog(duration: window)
        var times: [RuntimeInstant] = []
        for number in 0..<8_000 {
            let now = RuntimeInstant(nanoseconds: Int64(number) * 10_000_000)
            log.append(isFailure: true, isSlow: false, at: now)
            times.append(now)
            guard number % 499 == 0 else { continue }
            let inside = times.count { $0.duration(to: now) < window }
            let surelyInside = times.count { $0.duration(to: now) < window - .seconds(1) }
            #expect(log.calls <= inside && log.calls >= surelyInside, "call \(number)")
        }
    }

    @Test("B10 a count ring agrees with a list of all calls", arguments: [1, 5, 31, 32, 33, 64, 100])
    func ring(size: Int) {
        var random = SeededGenerator(state: UInt64(size))
        var ring = CallRing(size: size)
        var list: [(isFailure: Bool, isSlow: Bool)] = []
        for _ in 0..<500 {
            let call = (random.next() % 3 == 0, random.next() % 4 == 0)
            ring.append(isFailure: call.0, isSlow: call.1)
            list.append(call)
            list = list.suffix(size)
            #expect(ring.calls == list.count)
            #expect(ring.failures == list.count(where: \.isFailure))
            #expect(ring.slow == list.count(where: \.isSlow))
        }
        for other in [1, size, size + 40, max(1, size / 2)] {
            var resized = ring.resized(to: other)
            let kept = list.suffix(other)
            #expect(resized.calls == kept.count)
            #expect(resized.failures == kept.count(where: \.isFailure))
            // What comes next pushes out the oldest that was kept.
            resized.append(isFailure: false, isSlow: false)
            let next = (kept + [(false, false)]).suffix(other)
            #expect(resized.failures == next.count(where: \.isFailure))
        }
    }

    @Test("K18 B10 B4 a circuit that clears its counts at intervals takes calls from before as late")
    func clearing() throws {
        var policy = CircuitPolicy.small(3)
        policy.clearInterval = .seconds(60)
        let bench = MachineBench(policy)
        let before = try #require(bench.admit())
        bench.call(.failure, .failure)
        let generation = bench.generation
        bench.wait(.seconds(60))
        bench.call(.failure)
        #expect(bench.state == .closed)
        #expect(bench.counts.failures == 1)
        #expect(bench.generation > generation)
        bench.record(.failure, of: before)
        #expect(bench.counts.late == 1)
        #expect(bench.counts.failures == 1)
        bench.call(.failure, .failure)
        #expect(bench.state == .open)
        #expect(bench.transitions.count == 1)
    }

    @Test("K18 B10 intervals go on from when the circuit was made, however many pass without a call")
    func clearingGrid() {
        var policy = CircuitPolicy.small(2)
        policy.clearInterval = .seconds(60)
        let bench = MachineBench(policy)
        bench.wait(.seconds(630))
        bench.call(.failure)
        bench.wait(.nanoseconds(29_999_999_999))
        #expect(bench.observed().counts.failures == 1)
        bench.wait(.nanoseconds(1))
        #expect(bench.observed().counts == CircuitCounts())
        bench.call(.failure)
        #expect(bench.state == .closed)
    }

    @Test("K18 B11 an interval that passes while the circuit is open clears nothing")
    func clearingWhileOpen() {
        var policy = CircuitPolicy.small()
        policy.clearInterval = .seconds(1)
        let bench = MachineBench(policy)
        bench.call(.failure)
        bench.wait(.seconds(5))
        #expect(bench.admit() == nil)
        #expect(bench.state == .open)
        #expect(bench.counts.failures == 1)
    }
}
