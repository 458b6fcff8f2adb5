#if Admin
/// The names that somebody may have meant who wrote another.
enum NearNames {
    /// At most three of `known`, the nearest first.
    static func near(_ name: String, among known: [String]) -> [String] {
        let wanted = Array(name.lowercased().prefix(200))
        let limit = max(2, wanted.count / 3)
        let candidates = known.prefix(1000).enumerated().compactMap { index, candidate -> (Int, Int, String)? in
            let letters = Array(candidate.lowercased().prefix(200))
            let distance = distance(wanted, letters)
            if distance <= limit { return (distance, index, candidate) }
            // Who knows only a part of the name has found it, too.
            return wanted.count > 2 && candidate.lowercased().contains(name.lowercased())
                ? (limit, index, candidate) : nil
        }
        return candidates.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.prefix(3).map(\.2)
    }

    /// How many letters must be put in, taken out, replaced or swapped with the next to make one of the other.
    static func distance(_ left: [Character], _ right: [Character]) -> Int {
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var before: [Int] = []
        var above = Array(0...right.count)
        for row in 1...left.count {
            var current = [row]
            for column in 1...right.count {
                let same = left[row - 1] == right[column - 1]
                var least = min(above[column] + 1, current[column - 1] + 1, above[column - 1] + (same ? 0 : 1))
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    least = min(least, before[column - 2] + 1)
                }
                current.append(least)
            }
            (before, above) = (above, current)
        }
        return above[right.count]
    }
}
#endif
