/// How long to wait before another attempt: before a restart (S7), or while a circuit is open (B16).
///
/// Attempts count from 0. No attempt number overflows: delays stay at their cap.
public struct Backoff: Sendable {
    private enum Shape: Sendable {
        case constant
        case linear(step: Duration)
        case exponential(factor: Double)
        case table([Duration], growsPastEnd: Bool)
        case custom(@Sendable (Int) throws -> Duration)
    }

    private var shape: Shape
    private var jitter: Double
    /// The delay of attempt 0, which also stands in for a custom function that fails.
    public let base: Duration
    /// No delay is longer than this.
    public let cap: Duration
    /// After this long without a failure attempts count from 0 again; nil for as long as the cap.
    public let healthyAfter: Duration?

    /// The same delay at each attempt.
    public static func constant(_ delay: Duration) -> Backoff {
        Backoff(.constant, base: delay, cap: delay)
    }

    /// `base` at attempt 0, and `step` more at each attempt after it, up to `cap`.
    ///
    /// - Parameters:
    ///   - base: the delay at the first attempt.
    ///   - step: what each further attempt adds.
    ///   - cap: the longest delay.
    ///   - jitter: the share of the delay that is drawn by chance, from 0 (none) to 1 (all of it).
    ///   - healthyAfter: the time without a failure after which attempts count from 0 again; nil for as long as `cap`.
    public static func linear(
        from base: Duration,
        step: Duration,
        upTo cap: Duration,
        jitter: Double = 1,
        healthyAfter: Duration? = nil
    ) -> Backoff {
        Backoff(.linear(step: step), base: base, cap: cap, jitter: jitter, healthyAfter: healthyAfter)
    }

    /// `base` × `factor`ⁿ at attempt n, up to `cap`.
    ///
    /// - Parameters:
    ///   - base: the delay at the first attempt.
    ///   - cap: the longest delay.
    ///   - factor: what each further attempt multiplies it by.
    ///   - jitter: the share of the delay that is drawn by chance, from 0 (none) to 1 (all of it).
    ///   - healthyAfter: the time without a failure after which attempts count from 0 again; nil for as long as `cap`.
    public static func exponential(
        from base: Duration,
        upTo cap: Duration,
        factor: Double = 2,
        jitter: Double = 1,
        healthyAfter: Duration? = nil
    ) -> Backoff {
        Backoff(.exponential(factor: factor), base: base, cap: cap, jitter: jitter, healthyAfter: healthyAfter)
    }

    /// The delays of a table, one for each attempt. Past its end the last delay doubles at each attempt up to `cap`;
    /// without a cap it stays.
    public static func table(
        _ delays: [Duration],
        upTo cap: Duration? = nil,
        jitter: Double = 0,
        healthyAfter: Duration? = nil
    ) -> Backoff {
        Backoff(
            .table(delays, growsPastEnd: cap != nil),
            base: delays.first ?? .zero,
            cap: cap ?? delays.max() ?? .zero,
            jitter: jitter,
            healthyAfter: healthyAfter
        )
    }

    /// Whatever `delay` says for an attempt, up to `cap`. When it throws or gives a negative delay, `base` holds.
    public static func custom(
        base: Duration,
        upTo cap: Duration,
        healthyAfter: Duration? = nil,
        _ delay: @escaping @Sendable (_ attempt: Int) throws -> Duration
    ) -> Backoff {
        Backoff(.custom(delay), base: base, cap: cap, healthyAfter: healthyAfter)
    }

    private init(
        _ shape: Shape,
        base: Duration,
        cap: Duration,
        jitter: Double = 0,
        healthyAfter: Duration? = nil
    ) {
        self.shape = shape
        self.base = max(.zero, base)
        self.cap = max(.zero, cap)
        // NaN compares false with everything, and so becomes 0.
        self.jitter = jitter > 0 ? min(jitter, 1) : 0
        self.healthyAfter = healthyAfter
    }

    /// What a custom delay function did wrong.
    public enum Trouble: Sendable {
        /// It threw.
        case threw(any Error)
        /// It gave a time that lies in the past.
        case negative(Duration)
    }

    /// The delay before attempt number `attempt`, and what went wrong with computing it, if anything did.
    ///
    /// `random` draws a number from a range; it is not asked when there is no jitter.
    package func delay(
        attempt: Int,
        random: (ClosedRange<Double>) -> Double
    ) -> (delay: Duration, trouble: Trouble?) {
        let attempt = max(0, attempt)
        var trouble: Trouble?
        var delay: Duration
        switch shape {
        case .constant:
            delay = base
        case .linear(let step):
            delay = Self.nanoseconds(Self.double(base) + Double(attempt) * Self.double(step), upTo: cap)
        case .exponential(let factor):
            delay = Self.growing(base, by: factor, times: attempt, upTo: cap)
        case .table(let delays, let growsPastEnd):
            let last = delays.last ?? .zero
            if attempt < delays.count {
                delay = delays[attempt]
            } else if growsPastEnd {
                delay = Self.growing(last, by: 2, times: attempt - delays.count + 1, upTo: cap)
            } else {
                delay = last
            }
        case .custom(let function):
            do {
                delay = try function(attempt)
                if delay < .zero {
                    trouble = .negative(delay)
                    delay = base
                }
            } catch {
                trouble = .threw(error)
                delay = base
            }
        }
        delay = max(.zero, min(delay, cap))
        if jitter > 0 {
            delay = Self.nanoseconds(Self.double(delay) * random(1 - jitter...1), upTo: delay)
        }
        return (delay, trouble)
    }

    private static func growing(_ base: Duration, by factor: Double, times: Int, upTo cap: Duration) -> Duration {
        let limit = double(cap)
        var value = double(base)
        // A factor of 2 passes any cap within 64 steps; the bound is for factors close to 1 and absurd attempts.
        for _ in 0..<min(times, 10_000) {
            value *= factor
            guard value < limit, value > 0 else { break }
        }
        return nanoseconds(value, upTo: cap)
    }

    private static func double(_ duration: Duration) -> Double {
        Double(duration.saturatedNanoseconds)
    }

    /// `value` nanoseconds, held between zero and `cap`. What is not a number becomes the cap.
    private static func nanoseconds(_ value: Double, upTo cap: Duration) -> Duration {
        guard value < double(cap) else { return cap }
        return .nanoseconds(Int64(max(0, value)))
    }
}
