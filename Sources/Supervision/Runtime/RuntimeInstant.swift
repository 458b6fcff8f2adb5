/// A point in a runtime's monotonic time, to the nanosecond.
///
/// Two instants can be compared only when they come from the same ``RuntimeClock``. Arithmetic saturates at the ends
/// of the representable range (292 years on either side of the origin), so that `.seconds(Int64.max)` is a deadline
/// that never comes rather than a trap.
public struct RuntimeInstant: InstantProtocol, Hashable, Sendable, CustomStringConvertible {
    /// Nanoseconds since the origin of the clock.
    public let nanoseconds: Int64

    /// The origin of the clock.
    public static let origin = RuntimeInstant(nanoseconds: 0)

    /// The instant that is later than every deadline.
    @inlinable public static var distantFuture: RuntimeInstant { RuntimeInstant(nanoseconds: .max) }

    /// The instant that many nanoseconds after the origin.
    @inlinable
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The instant `duration` later, held at ``distantFuture`` when it would lie beyond.
    @inlinable
    public func advanced(by duration: Duration) -> RuntimeInstant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.saturatedNanoseconds)
        if overflow { return RuntimeInstant(nanoseconds: duration < .zero ? .min : .max) }
        return RuntimeInstant(nanoseconds: sum)
    }

    /// The time from this instant to `other`; negative when `other` is earlier.
    @inlinable
    public func duration(to other: RuntimeInstant) -> Duration {
        let (difference, overflow) = other.nanoseconds.subtractingReportingOverflow(nanoseconds)
        if overflow { return .nanoseconds(other.nanoseconds < nanoseconds ? Int64.min : .max) }
        return .nanoseconds(difference)
    }

    @inlinable
    public static func < (left: RuntimeInstant, right: RuntimeInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    public var description: String {
        "\(Duration.nanoseconds(nanoseconds).shortDescription) after the origin"
    }
}

extension Duration {
    /// The duration in whole nanoseconds, held at the ends of `Int64`.
    @inlinable
    package var saturatedNanoseconds: Int64 {
        // Up to 292 years, in one division of the machine: that of a number of 128 bits is a function of its own.
        let whole = attoseconds
        let (high, low) = (UInt64(truncatingIfNeeded: whole >> 64), UInt64(truncatingIfNeeded: whole))
        if high < 500_000_000 {
            return Int64(bitPattern: UInt64(1_000_000_000).dividingFullWidth((high, low)).quotient)
        }
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, sumOverflow) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        if sumOverflow { return seconds < 0 ? .min : .max }
        return sum
    }

    /// The duration for a person to read, to three digits, in the unit that suits its size: `1.5 s`, `250 ms`,
    /// `2 min 5 s`.
    package var shortDescription: String {
        let nanoseconds = saturatedNanoseconds
        if nanoseconds < 0 { return "-" + (.zero - self).shortDescription }
        switch nanoseconds {
        case 0: return "0 s"
        case ..<1_000: return "\(nanoseconds) ns"
        case ..<1_000_000: return Self.decimal(nanoseconds, unit: 1_000) + " µs"
        case ..<1_000_000_000: return Self.decimal(nanoseconds, unit: 1_000_000) + " ms"
        case ..<120_000_000_000: return Self.decimal(nanoseconds, unit: 1_000_000_000) + " s"
        default:
            let seconds = nanoseconds / 1_000_000_000
            let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
            if hours > 0 { return "\(hours) h \(minutes) min" }
            return rest == 0 ? "\(minutes) min" : "\(minutes) min \(rest) s"
        }
    }

    /// `value / unit` to three digits, without trailing zeros. It is rounded down, so that no time reads longer than
    /// it is.
    private static func decimal(_ value: Int64, unit: Int64) -> String {
        let (whole, rest) = value.quotientAndRemainder(dividingBy: unit)
        let decimals = whole >= 100 ? 0 : whole >= 10 ? 1 : 2
        if decimals == 0 { return "\(whole)" }
        let fraction = rest * (decimals == 1 ? 10 : 100) / unit
        var digits = String(fraction)
        digits = String(repeating: "0", count: decimals - digits.count) + digits
        while digits.last == "0" { digits.removeLast() }
        return digits.isEmpty ? "\(whole)" : "\(whole).\(digits)"
    }
}
