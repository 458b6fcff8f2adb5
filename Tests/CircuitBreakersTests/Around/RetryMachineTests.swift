import Supervision
import Testing

@testable import CircuitBreakers

@Suite("The tries of one call")
struct RetryMachineTests {
    private func tried(
        _ machine: inout RetryMachine,
        retryAfter: Duration? = nil,
        remaining: Duration? = nil,
        budget: Bool = true
    ) -> RetryMachine.Step {
        machine.tried(
            retryAfter: retryAfter,
            backoff: { .seconds(1 << $0) },
            remaining: remaining,
            takeFromBudget: { budget }
        )
    }

    private func takes(_ bucket: inout RetryBucket) -> Bool { bucket.withdraw() }

    @Test("B30 there are as many tries as allowed, the first included, and the back-off counts from 0 (A06)")
    func limit() {
        var machine = RetryMachine(maxAttempts: 4, maxRetryAfter: .seconds(60))
        #expect(tried(&machine) == .wait(.seconds(1), isAskedFor: false))
        #expect(tried(&machine) == .wait(.seconds(2), isAskedFor: false))
        #expect(tried(&machine) == .wait(.seconds(4), isAskedFor: false))
        #expect(tried(&machine) == .giveUp(.attempts))
        #expect(machine.attempts == 4)
        var once = RetryMachine(maxAttempts: 1, maxRetryAfter: .seconds(60))
        #expect(tried(&once) == .giveUp(.attempts))
    }

    @Test(
        "B30 retryAfter takes the place of the back-off, shorter or longer, up to the maximum (A03)",
        arguments: [(500, 500), (0, 0), (-1, 0), (60_000, 60_000), (60_001, 60_000), (Int.max / 2, 60_000)]
    )
    func retryAfter(asked: Int, wait: Int) {
        var machine = RetryMachine(maxAttempts: 2, maxRetryAfter: .seconds(60))
        let step = tried(&machine, retryAfter: .milliseconds(asked))
        #expect(step == .wait(.milliseconds(wait), isAskedFor: true))
    }

    @Test("B30 what would come at or after the caller's deadline is not waited for, and takes nothing from the budget")
    func deadline() {
        var machine = RetryMachine(maxAttempts: 9, maxRetryAfter: .seconds(60))
        #expect(tried(&machine, remaining: .milliseconds(1_001)) == .wait(.seconds(1), isAskedFor: false))
        #expect(tried(&machine, remaining: .seconds(2)) == .giveUp(.deadline))
        var asked = RetryMachine(maxAttempts: 9, maxRetryAfter: .seconds(60))
        var isAsked = false
        let step = asked.tried(
            retryAfter: .seconds(5),
            backoff: { _ in .zero },
            remaining: .seconds(4),
            takeFromBudget: {
                isAsked = true; return true
            }
        )
        #expect(step == .giveUp(.deadline))
        #expect(!isAsked)
    }

    @Test("B30 an empty budget ends the tries")
    func budget() {
        var machine = RetryMachine(maxAttempts: 9, maxRetryAfter: .seconds(60))
        #expect(tried(&machine, budget: false) == .giveUp(.budget))
    }

    @Test("B30 a budget gives the share of a retry for each call, exactly, and no more than its reserve")
    func bucket() {
        var bucket = RetryBucket(share: 0.2, reserve: 2)
        #expect(bucket.available == 2)
        for _ in 0..<100 { bucket.deposit() }
        #expect(bucket.available == 2)
        #expect(takes(&bucket))
        #expect(takes(&bucket))
        #expect(!takes(&bucket))
        for _ in 0..<4 { bucket.deposit() }
        #expect(!takes(&bucket))
        bucket.deposit()
        #expect(takes(&bucket))
        #expect(!takes(&bucket))
    }

    @Test("B30 a budget stays within its bounds, whatever it was made with", arguments: [-1, .nan, .infinity, 5.0])
    func absurdBuckets(share: Double) {
        var bucket = RetryBucket(share: share, reserve: .max)
        bucket.deposit()
        #expect(bucket.available == RetryBucket.maxReserve)
        var empty = RetryBucket(share: share, reserve: -1)
        empty.deposit()
        #expect(!takes(&empty))
    }
}
