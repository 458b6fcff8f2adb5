internal import Synchronization

/// What keeps the retries of many calls in proportion to the calls, so that a service that fails is not flooded with
/// them (B30).
///
/// ```swift
/// let budget = RetryBudget(share: 0.2)
/// let users = Retry(budget: budget)
/// let orders = Retry(maxAttempts: 5, budget: budget)
/// ```
///
/// It is a bucket: each call puts a share of a retry in, each retry takes a whole one out, and when there is no whole
/// one left the call fails without a retry. Share it among all calls that go to the same service. It is two numbers,
/// however many calls there are, and reads no clock.
public final class RetryBudget: Sendable {
    /// How many retries each call allows.
    public let share: Double
    /// How many retries it holds at most, and to begin with.
    public let reserve: Int

    private let bucket: Mutex<RetryBucket>

    /// - Parameters:
    ///   - share: how many retries each call allows, from 0 to 1. It is kept to a thousandth.
    ///   - reserve: how many retries it holds at most, and to begin with. 0 to a billion; with 0 nothing is retried.
    public init(share: Double = 0.2, reserve: Int = 10) {
        self.share = share
        self.reserve = reserve
        bucket = Mutex(RetryBucket(share: share, reserve: reserve))
    }

    /// The whole retries that it allows at this moment.
    public var available: Int { bucket.withLock(\.available) }

    func deposit() { bucket.withLock { $0.deposit() } }

    func withdraw() -> Bool { bucket.withLock { $0.withdraw() } }
}

/// The bucket of a ``RetryBudget``. It counts in thousandths, so that five times a fifth is exactly one.
struct RetryBucket {
    static let maxReserve = 1_000_000_000

    private let perCall: Int
    private let capacity: Int
    private var level: Int

    init(share: Double, reserve: Int) {
        // NaN compares false with everything, and so becomes 0; `Retry.validate` refuses it.
        perCall = share > 0 ? Int((min(share, 1) * 1_000).rounded()) : 0
        capacity = min(max(reserve, 0), Self.maxReserve) * 1_000
        level = capacity
    }

    var available: Int { level / 1_000 }

    mutating func deposit() {
        level = min(capacity, level + perCall)
    }

    mutating func withdraw() -> Bool {
        guard level >= 1_000 else { return false }
        level -= 1_000
        return true
    }
}
