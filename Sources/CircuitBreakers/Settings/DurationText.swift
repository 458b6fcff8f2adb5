internal import Supervision

/// Durations as a file has them: `500ms`, `1.5s`, `1h30m`, or a number of seconds.
enum DurationText {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("us", 1_000),
        ("ns", 1),
    ]

    /// The duration of a text; nil when it is none, or too long to be counted in nanoseconds.
    ///
    /// Parts stand from the largest unit to the smallest, each at most once. A number alone is seconds. Digits beyond
    /// a nanosecond are dropped.
    static func duration(_ text: String) -> Duration? {
        var rest = text[...]
        let isNegative = rest.first == "-"
        if isNegative { rest.removeFirst() }
        if !rest.isEmpty, rest.allSatisfy({ $0.isASCIIDigit || $0 == "." }) { rest += "s" }
        var total: Int64 = 0
        var smaller = units[...]
        repeat {
            let number = rest.prefix { $0.isASCIIDigit || $0 == "." }
            rest = rest.dropFirst(number.count)
            let name = rest.prefix { !$0.isASCIIDigit && $0 != "." }
            rest = rest.dropFirst(name.count)
            guard let index = smaller.firstIndex(where: { $0.name == (name == "µs" ? "us" : name) }),
                let part = nanoseconds(number, of: smaller[index].nanoseconds)
            else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            if overflow { return nil }
            total = sum
            smaller = smaller[(index + 1)...]
        } while !rest.isEmpty
        return .nanoseconds(isNegative ? -total : total)
    }

    /// The duration of a number of seconds; nil when it is too long to be counted in nanoseconds.
    static func duration(seconds: Double) -> Duration? {
        let nanoseconds = (seconds * 1_000_000_000).rounded()
        return Int64(exactly: nanoseconds).map { .nanoseconds($0) }
    }

    /// The text of a duration, exact to the nanosecond: `1m30s`.
    static func text(_ duration: Duration) -> String {
        let total = duration.saturatedNanoseconds
        if total == 0 { return "0s" }
        var rest = total.magnitude
        var text = total < 0 ? "-" : ""
        for unit in units {
            let (count, remainder) = rest.quotientAndRemainder(dividingBy: unit.nanoseconds.magnitude)
            if count > 0 { text += "\(count)\(unit.name)" }
            rest = remainder
        }
        return text
    }

    /// `number`, which may have a decimal point, of a unit.
    private static func nanoseconds(_ number: Substring, of unit: Int64) -> Int64? {
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }), let whole = Int64(parts[0]) else {
            return nil
        }
        let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
        if overflow { return nil }
        guard parts.count == 2 else { return product }
        var (fraction, place) = (Int64(0), unit)
        for digit in parts[1].prefix(18) {
            guard let value = digit.wholeNumberValue else { return nil }
            // A unit has at most fifteen digits, so ten times what is left of it does not overflow.
            fraction += Int64(value) * place / 10
            place /= 10
        }
        let (sum, sumOverflow) = product.addingReportingOverflow(fraction)
        return sumOverflow ? nil : sum
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
