/// What was measured, and what it may cost.
struct Report {
    struct Row {
        var name: String
        var value: String
        /// The value that the limit is about, and the limit.
        var judged: (value: Double, limit: Double, unit: String)?
    }

    private var rows: [Row] = []

    mutating func add(_ name: String, _ value: String) {
        rows.append(Row(name: name, value: value, judged: nil))
    }

    mutating func add(_ name: String, _ value: String, judged: Double, limit: Double, unit: String) {
        rows.append(Row(name: name, value: value, judged: (judged, limit, unit)))
    }

    var isWithinLimits: Bool {
        rows.allSatisfy { row in row.judged.map { $0.value <= $0.limit } ?? true }
    }

    func print() {
        let width = rows.map(\.name.count).max() ?? 0
        for row in rows {
            let name = row.name + String(repeating: " ", count: width - row.name.count)
            let value = String(repeating: " ", count: max(0, 12 - row.value.count)) + row.value
            var line = "\(name)  \(value)"
            if let judged = row.judged {
                line += "   \(judged.value.short) \(judged.unit), at most \(judged.limit.short)"
                line += judged.value <= judged.limit ? "" : "   OVER THE LIMIT"
            }
            Swift.print(line)
        }
    }
}

extension Double {
    /// With at most two decimals.
    var short: String {
        let hundredths = Int((self * 100).rounded())
        if hundredths % 100 == 0 { return "\(hundredths / 100)" }
        let fraction = abs(hundredths % 100)
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }

    var nanoseconds: String { "\(short) ns" }
}
