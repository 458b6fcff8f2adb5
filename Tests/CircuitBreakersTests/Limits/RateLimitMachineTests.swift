import Supervision
import Testing

@testable import CircuitBreakers

@Suite("The machine of a rate limit")
struct RateLimitMachineTests {
    private func at(_ nanoseconds: Int64) -> RuntimeInstant { RuntimeInstant(nanoseconds: nanoseconds) }

    /// How many of `count` calls are let through at that moment.
    private func take(_ count: Int, at nanoseconds: Int64, _ machine: inout RateLimitMachine) -> Int {
        (0..<count).count { _ in machine.take(now: at(nanoseconds), maxWait: .zero) == .now }
    }

    @Test("B31 a full bucket lets its burst through, then calls come back one by one")
    func burst() {
        var machine = RateLimitMachine(calls: 10, per: .seconds(1), burst: 3)
        #expect(take(5, at: 0, &machine) == 3)
        #expect(take(1, at: 99_999_999, &machine) == 0)
        #expect(take(2, at: 100_000_000, &machine) == 1)
        #expect(take(5, at: 400_000_000, &machine) == 3)
        #expect(take(9, at: 60_000_000_000, &machine) == 3)
    }

    @Test("B31 a rejection says when a call would be let through, and that is so")
    func retryAfter() {
        var machine = RateLimitMachine(calls: 2, per: .seconds(1), burst: 1)
        #expect(take(1, at: 0, &machine) == 1)
        #expect(machine.take(now: at(100_000_000), maxWait: .zero) == .rejected(retryAfter: .milliseconds(400)))
        #expect(machine.take(now: at(499_999_999), maxWait: .zero) == .rejected(retryAfter: .nanoseconds(1)))
        #expect(machine.take(now: at(500_000_000), maxWait: .zero) == .now)
    }

    @Test("B31 a rate that does not divide its time holds exactly, however long it runs")
    func thirds() {
        var machine = RateLimitMachine(calls: 3, per: .seconds(1), burst: 3)
        for second in 0..<1_000 { #expect(take(4, at: Int64(second) * 1_000_000_000, &machine) == 3) }
        var spaced = RateLimitMachine(calls: 3, per: .seconds(1), burst: 1)
        #expect(take(1, at: 0, &spaced) == 1)
        #expect(take(1, at: 333_333_333, &spaced) == 0)
        #expect(take(1, at: 333_333_334, &spaced) == 1)
        #expect(take(1, at: 666_666_667, &spaced) == 0)
        #expect(take(1, at: 666_666_668, &spaced) == 1)
    }

    @Test("B31 those who wait come one after another, up to the longest wait")
    func waiting() {
        var machine = RateLimitMachine(calls: 10, per: .seconds(1), burst: 1)
        #expect(machine.take(now: at(0), maxWait: .milliseconds(250)) == .now)
        var moments: [RuntimeInstant] = []
        while case .wait(let moment, _) = machine.take(now: at(0), maxWait: .milliseconds(250)) {
            moments.append(moment)
        }
        #expect(moments == [at(100_000_000), at(200_000_000)])
        let figures = machine.figures
        #expect((figures.admitted, figures.waiting, figures.rejected) == (1, 2, 1))
        // A newcomer overtakes nobody.
        #expect(take(1, at: 100_000_000, &machine) == 0)
    }

    @Test("B31 the place of one who gave up is free again if nobody is behind it")
    func givenBack() {
        var machine = RateLimitMachine(calls: 10, per: .seconds(1), burst: 1)
        let longest = Duration.seconds(1)
        #expect(machine.take(now: at(0), maxWait: longest) == .now)
        guard case .wait(let second, let secondPlace) = machine.take(now: at(0), maxWait: longest),
            case .wait(let third, let thirdPlace) = machine.take(now: at(0), maxWait: longest)
        else { return #expect(Bool(false)) }
        // Somebody is behind the second: its place passes, so that calls stay as far apart as they should.
        machine.giveBack(secondPlace)
        guard case .wait(let fourth, let fourthPlace) = machine.take(now: at(0), maxWait: longest) else {
            return #expect(Bool(false))
        }
        #expect((second, third, fourth) == (at(100_000_000), at(200_000_000), at(300_000_000)))
        machine.giveBack(fourthPlace)
        machine.giveBack(thirdPlace)
        #expect(machine.figures.waiting == 0)
        #expect(take(1, at: 200_000_000, &machine) == 1)
    }

    @Test("B31 whenever calls come, no time sees more of them than it may")
    func random() {
        var generator = SeededGenerator(state: 3)
        for _ in 0..<100 {
            let (calls, burst) = (Int.random(in: 1...7, using: &generator), Int.random(in: 1...5, using: &generator))
            var machine = RateLimitMachine(calls: calls, per: .nanoseconds(1_000), burst: burst)
            var (now, begun) = (Int64(0), [Int64]())
            for _ in 0..<200 {
                now += Int64.random(in: 0...300, using: &generator)
                switch machine.take(now: at(now), maxWait: .nanoseconds(500)) {
                case .now: begun.append(now)
                case .wait(let moment, _): begun.append(moment.nanoseconds)
                case .rejected: break
                }
            }
            #expect(begun == begun.sorted())
            for (first, start) in begun.enumerated() {
                for (last, end) in begun.enumerated().dropFirst(first) {
                    // What was in the bucket, and what has come into it since. A moment is rounded up to a nanosecond.
                    let most = burst + Int(end - start + 1) * calls / 1_000
                    #expect(last - first + 1 <= most)
                    if last - first + 1 > most { return }
                }
            }
        }
    }

    @Test("B31 the longest times and the greatest numbers overflow nothing")
    func extremes() {
        let most = 1_000_000_000
        var slow = RateLimitMachine(calls: most, per: .seconds(Int64.max), burst: most)
        #expect(slow.take(now: .distantFuture, maxWait: .zero) == .now)
        var one = RateLimitMachine(calls: 1, per: .seconds(Int64.max), burst: 1)
        #expect(one.take(now: .origin, maxWait: .zero) == .now)
        #expect(one.take(now: .origin, maxWait: .zero) == .rejected(retryAfter: .nanoseconds(Int64.max)))
        #expect(take(1, at: .min, &one) == 0)
    }
}
