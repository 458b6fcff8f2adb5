#if Observability
/// What one series of a metric has come to.
enum TextValue: Sendable, Equatable {
    /// Only grows.
    case counter(Double)
    /// Goes up and down.
    case gauge(Double)
    /// How many values were at most as large as each bound, and all of them together.
    case histogram(Histogram)

    /// The kinds that the text format knows.
    enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    struct Histogram: Sendable, Equatable {
        /// The upper bounds of the buckets, from the least.
        let bounds: [Double]
        /// How many values were in each bucket and in none before.
        var counts: [Int]
        /// How many were over the last bound.
        var countOver = 0
        var sum = 0.0

        init(bounds: [Double]) {
            self.bounds = bounds
            counts = Array(repeating: 0, count: bounds.count)
        }

        var count: Int { counts.reduce(countOver, +) }

        mutating func observe(_ value: Double) {
            if let index = bounds.firstIndex(where: { value <= $0 }) { counts[index] += 1 } else { countOver += 1 }
            sum += value
        }
    }

    init(_ kind: Kind, bounds: [Double]) {
        switch kind {
        case .counter: self = .counter(0)
        case .gauge: self = .gauge(0)
        case .histogram: self = .histogram(Histogram(bounds: bounds))
        }
    }

    /// Adds to a counter or a gauge. What would make a counter smaller is left out.
    mutating func add(_ amount: Double) {
        switch self {
        case .counter(let value): if amount > 0 { self = .counter(value + amount) }
        case .gauge(let value): self = .gauge(value + amount)
        case .histogram: break
        }
    }

    /// Takes a value: a gauge has it from now on, a histogram counts it.
    mutating func take(_ value: Double) {
        switch self {
        case .counter: break
        case .gauge: self = .gauge(value)
        case .histogram(var histogram):
            // One value that is no number would spoil the sum for good.
            guard !value.isNaN else { return }
            histogram.observe(value)
            self = .histogram(histogram)
        }
    }

    /// Begins anew.
    mutating func reset() {
        switch self {
        case .counter: self = .counter(0)
        case .gauge: self = .gauge(0)
        case .histogram(let histogram): self = .histogram(Histogram(bounds: histogram.bounds))
        }
    }
}
#endif
