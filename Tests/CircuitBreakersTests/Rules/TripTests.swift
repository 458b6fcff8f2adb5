import Supervision
import Testing

@testable import CircuitBreakers

extension CircuitPolicy {
    /// A policy that opens as `trip` says, for ten seconds.
    static func tripping(_ trip: Trip) -> CircuitPolicy {
        var policy = CircuitPolicy.small()
        policy.trip = trip
        return policy
    }
}

@Suite("Rules: what opens a closed circuit")
struct TripTests {
    private let halfOfTen = CircuitPolicy.tripping(.failureRate(0.5, over: .calls(10), minimumCalls: 10))

    @Test("K09 B10 a rate is not judged before there are enough calls")
    func tooFew() {
        let bench = MachineBench(halfOfTen)
        for _ in 1...9 { bench.call(.failure) }
        #expect(bench.state == .closed)
        bench.call(.failure)
        #expect(bench.state == .open)
    }

    @Test("K10 B10 the rate itself opens, whichever call reaches it", arguments: [true, false])
    func reached(failuresFirst: Bool) {
        let bench = MachineBench(halfOfTen)
        let (first, second): (CallOutcome, CallOutcome) = failuresFirst ? (.failure, .success) : (.success, .failure)
        for _ in 1...5 { bench.call(first) }
        for _ in 1...4 { bench.call(second) }
        #expect(bench.state == .closed)
        bench.call(second)
        #expect(bench.state == .open)
        #expect(bench.transitions.last?.reason == .failureRate(0.5, calls: 10))
    }

    @Test("B10 one failure less than the rate leaves it closed, however many calls come")
    func below() {
        let bench = MachineBench(halfOfTen)
        for _ in 1...40 {
            for outcome in [CallOutcome.failure, .success, .failure, .success, .success] { bench.call(outcome) }
        }
        #expect(bench.state == .closed)
    }

    @Test("K12 B10 three failures of the latest five")
    func threeOfFive() {
        let bench = MachineBench(.tripping(.failureRate(0.6, over: .calls(5), minimumCalls: 5)))
        bench.call(.failure, .success, .failure, .success)
        #expect(bench.state == .closed)
        bench.call(.failure)
        #expect(bench.state == .open)
    }

    @Test("B10 the oldest call leaves a full window")
    func oldestLeaves() {
        let bench = MachineBench(.tripping(.failureRate(0.6, over: .calls(5), minimumCalls: 5)))
        bench.call(.failure, .failure, .success, .success, .success, .success, .success)
        bench.call(.failure, .failure)
        #expect(bench.state == .closed)
        bench.call(.failure)
        #expect(bench.state == .open)
    }

    @Test("K22 B10 two failures of two when three calls are needed")
    func volume() {
        let bench = MachineBench(.tripping(.failureRate(0.5, over: .calls(10), minimumCalls: 3)))
        bench.call(.failure, .failure)
        #expect(bench.state == .closed)
        bench.call(.failure)
        #expect(bench.state == .open)
    }

    @Test("B5 B10 an ignored call is in no window and in no volume")
    func ignored() {
        let bench = MachineBench(.tripping(.failureRate(0.5, over: .calls(10), minimumCalls: 3)))
        bench.call(.failure, .ignored, .ignored, .failure, .ignored)
        #expect(bench.state == .closed)
        #expect(bench.counts.ignored == 3)
        bench.call(.failure)
        #expect(bench.transitions.last?.reason == .failureRate(1, calls: 3))
    }

    @Test("K21 B10 a predicate of the user's sees the counts and opens when it says so")
    func custom() {
        let seen = Box<CircuitCounts>()
        let bench = MachineBench(
            .tripping(
                .custom { counts in
                    seen.value = counts
                    return counts.failures >= 2 && counts.successes >= 1
                }
            )
        )
        bench.call(.failure, .failure, .ignored)
        #expect(bench.state == .closed)
        #expect(seen.value?.failures == 2)
        #expect(seen.value?.ignored == 0)
        bench.call(.success)
        #expect(bench.state == .open)
        #expect(bench.transitions.last?.reason == .customTrip)
        #expect(seen.value?.calls == 4)
    }

    @Test("K21 B10 a predicate runs under no lock: it may look at the circuit itself")
    func customLooks() async {
        let found = Box<CircuitSnapshot>()
        let server = Box<CircuitBreakerServer>()
        let policy = CircuitPolicy.tripping(
            .custom { counts in
                if found.value == nil { found.value = server.value?.table.circuit(of: "api")?.snapshot() }
                return counts.failures > 1
            }
        )
        // Asked in the middle of a query, the predicate would ask again; the first answer is enough.
        found.value = CircuitSnapshot(service: "none", state: .closed)
        let breakers = await World().breakers(policy)
        server.value = breakers
        await breakers.failingCall("api")
        found.value = nil
        await breakers.failingCall("api")
        #expect(found.value?.counts.failures == 2)
        #expect(await breakers.state(of: "api")?.state == .open)
        server.value = nil
    }

    @Test("K24 B10 failures that come together count as one")
    func lumped() {
        var policy = CircuitPolicy.small(2)
        policy.lumpingInterval = .seconds(1)
        let bench = MachineBench(policy)
        for _ in 1...10 {
            bench.call(.failure)
            bench.wait(.milliseconds(50))
        }
        #expect(bench.state == .closed)
        #expect(bench.counts.failures == 10)
        bench.wait(.milliseconds(499))
        bench.call(.failure)
        #expect(bench.state == .closed)
        bench.wait(.milliseconds(1))
        bench.call(.failure)
        #expect(bench.state == .open)
    }

    @Test("K24 B10 a success begins the run of lumped failures again")
    func lumpedRun() {
        var policy = CircuitPolicy.small(2)
        policy.lumpingInterval = .seconds(1)
        let bench = MachineBench(policy)
        bench.call(.failure)
        bench.wait(.seconds(2))
        bench.call(.success, .failure)
        #expect(bench.state == .closed)
        bench.wait(.seconds(2))
        bench.call(.failure)
        #expect(bench.state == .open)
    }

    @Test(
        "K24 B10 lumping holds for windows too",
        arguments: [
            CircuitPolicy.Trip.failures(2, within: .seconds(10)),
            .failureRate(1, over: .calls(10), minimumCalls: 2),
            .failureRate(1, over: .time(.seconds(10)), minimumCalls: 2),
        ]
    )
    func lumpedWindow(trip: CircuitPolicy.Trip) {
        var policy = CircuitPolicy.tripping(trip)
        policy.lumpingInterval = .seconds(1)
        let bench = MachineBench(policy)
        bench.call(.failure, .failure, .failure)
        #expect(bench.state == .closed)
        bench.wait(.seconds(1))
        bench.call(.failure)
        #expect(bench.state == .open)
    }

    @Test("K25 B10 nothing opens a circuit that warms up; after that it is judged as usual")
    func warmUp() {
        var policy = CircuitPolicy.small(3)
        policy.warmUp = .seconds(30)
        policy.permanentErrors = .openUntilReset
        let bench = MachineBench(policy)
        for _ in 1...5 { bench.call(.failure) }
        if let ticket = bench.admit() { bench.report(.failure(.init(opensUntilReset: true)), of: ticket) }
        bench.wait(.nanoseconds(29_999_999_999))
        bench.call(.failure)
        #expect(bench.state == .closed)
        #expect(bench.counts.failures == 7)
        bench.wait(.nanoseconds(1))
        bench.call(.success, .failure, .failure)
        #expect(bench.state == .closed)
        bench.call(.failure)
        #expect(bench.state == .open)
    }

    @Test("K25 B18 a circuit that warms up follows its operator")
    func warmUpForced() {
        var policy = CircuitPolicy.small()
        policy.warmUp = .seconds(30)
        let bench = MachineBench(policy)
        bench.override(.forcedOpen)
        #expect(bench.admit() == nil)
    }
}
