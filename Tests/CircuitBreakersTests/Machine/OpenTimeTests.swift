import Supervision
import Testing

@testable import CircuitBreakers

@Suite("The machine: open times")
struct OpenTimeTests {
    /// The open times of that many openings, each ended by a probe that fails.
    private func openTimes(_ backoff: Backoff, count: Int, closingAfter close: Int? = nil) throws -> [Duration] {
        var policy = CircuitPolicy()
        policy.trip = .consecutiveFailures(1)
        policy.openDuration = backoff
        let bench = MachineBench(policy)
        var times: [Duration] = []
        for opening in 1...count {
            bench.call(.failure)
            let time = try #require(bench.observed().retryAfter)
            times.append(time)
            bench.wait(time)
            if opening == close { bench.call(.success) }
        }
        return times
    }

    @Test("B16 K72 the open time grows with each reopening, up to its cap")
    func grows() throws {
        let backoff = Backoff.exponential(from: .seconds(1), upTo: .seconds(8), jitter: 0)
        #expect(try openTimes(backoff, count: 5) == [1, 2, 4, 8, 8].map(Duration.seconds))
    }

    @Test("B16 K73 a close begins the back-off again")
    func beginsAgain() throws {
        let backoff = Backoff.exponential(from: .seconds(1), upTo: .seconds(8), jitter: 0)
        #expect(try openTimes(backoff, count: 5, closingAfter: 3) == [1, 2, 4, 1, 2].map(Duration.seconds))
    }

    @Test("B16 no number of reopenings overflows")
    func noOverflow() throws {
        let backoff = Backoff.exponential(from: .seconds(1), upTo: .seconds(60), factor: 1e9, jitter: 0)
        #expect(try openTimes(backoff, count: 2_000).last == .seconds(60))
    }

    @Test("B16 K80 the function of the open time is given the attempt")
    func attempts() throws {
        let backoff = Backoff.custom(base: .seconds(1), upTo: .seconds(60)) { .seconds(10 + $0) }
        #expect(try openTimes(backoff, count: 3) == [10, 11, 12].map(Duration.seconds))
    }

    @Test("B16 K79 a function that throws or gives a negative time falls back to the base, and an event says so")
    func trouble() throws {
        for (backoff, trouble) in [
            (
                Backoff.custom(base: .seconds(7), upTo: .seconds(60)) { _ in throw Broken() },
                CircuitEvent.BackoffTrouble.threw(errorType: "Broken")
            ),
            (
                Backoff.custom(base: .seconds(7), upTo: .seconds(60)) { _ in .seconds(-1) },
                CircuitEvent.BackoffTrouble.negative(.seconds(-1))
            ),
        ] {
            var policy = CircuitPolicy()
            policy.trip = .consecutiveFailures(1)
            policy.openDuration = backoff
            let bench = MachineBench(policy)
            bench.call(.failure)
            #expect(bench.observed().retryAfter == .seconds(7))
            #expect(bench.actions.contains(.publish(.backoffTrouble(trouble), at: bench.now)))
        }
    }

    @Test(
        "B16 K78 the retryAfter of the failure lengthens the open time, up to its maximum",
        arguments: [(7, 10), (12, 12), (300, 300), (100_000, 300), (-5, 10)]
    )
    func retryAfter(asked: Int, expected: Int) throws {
        var policy = CircuitPolicy()
        policy.trip = .consecutiveFailures(1)
        policy.openDuration = .constant(.seconds(10))
        let bench = MachineBench(policy)
        let ticket = try #require(bench.admit())
        let error = RetryableError(Broken(), retryAfter: .seconds(asked))
        bench.report(.failure(SharedPolicy(policy).failure(error)), of: ticket)
        #expect(bench.observed().retryAfter == .seconds(expected))
    }

    @Test("B16 a retryAfter lengthens a reopening too")
    func retryAfterOfProbe() throws {
        let bench = MachineBench(1, open: 10)
        bench.goHalfOpen()
        let probe = try #require(bench.admit())
        bench.report(.failure(.init(error: Broken(), retryAfter: .seconds(25))), of: probe)
        #expect(bench.observed().retryAfter == .seconds(25))
    }

    @Test("B6 K94 a permanent error opens until reset, if the policy says so", arguments: [false, true])
    func permanent(inHalfOpen: Bool) throws {
        let bench = MachineBench(inHalfOpen ? 1 : 5)
        if inHalfOpen { bench.goHalfOpen() }
        let ticket = try #require(bench.admit())
        var policy = CircuitPolicy()
        policy.permanentErrors = .openUntilReset
        bench.report(.failure(SharedPolicy(policy).failure(PermanentError(Broken()))), of: ticket)
        #expect(bench.state == .open)
        #expect(bench.transitions.last?.reason == .permanentError)
        #expect(bench.observed().retryAfter == nil)
        bench.wait(.seconds(Int64.max))
        bench.resetTimer(generation: bench.generation)
        #expect(bench.admit() == nil)
        bench.enable()
        #expect(bench.state == .open)
        bench.reset()
        #expect(bench.admit() != nil)
    }

    @Test("B6 a permanent error is a failure like any other unless the policy says more")
    func permanentByDefault() throws {
        let failure = SharedPolicy(CircuitPolicy()).failure(PermanentError(Broken()))
        #expect(!failure.opensUntilReset)
    }
}
