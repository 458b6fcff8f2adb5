#if Admin
/// Finds what somebody may have meant.
enum NearNames {
    /// At most five names, the nearest first. When none is near, the first few by the alphabet.
    static func nearest(to name: String, among names: [String], limit: Int = 5) -> [String] {
        let wanted = Array(name.lowercased())
        // What there is to compare grows with both, so only the first thousand are looked at.
        let ranked = names.prefix(1_000).map { ($0, distance(wanted, Array($0.lowercased()))) }
            .sorted { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 < $1.1 }
        let near = ranked.filter { $0.1 <= max(2, wanted.count / 3) }
        return (near.isEmpty ? ranked.sorted { $0.0 < $1.0 } : near).prefix(limit).map(\.0)
    }

    /// How many letters have to be put in, taken out or changed.
    static func distance(_ left: [Character], _ right: [Character]) -> Int {
        // Names that are this long are compared by their beginnings.
        let (left, right) = (left.prefix(100), right.prefix(100))
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in right.enumerated() {
                let change = diagonal + (letter == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}
#endif
