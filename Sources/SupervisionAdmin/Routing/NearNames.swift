#if Admin
/// Finds what somebody may have meant.
package enum NearNames {
    /// At most five names, the nearest first. When none is near, the first few by the alphabet.
    static func nearest(to name: String, among names: [String], limit: Int = 5) -> [String] {
        let near = near(name, among: names, limit: limit)
        return near.isEmpty ? Array(names.prefix(1_000).sorted().prefix(limit)) : near
    }

    /// At most so many names that are near, the nearest first.
    package static func near(_ name: String, among names: [String], limit: Int) -> [String] {
        let wanted = Array(name.lowercased())
        // What there is to compare grows with both, so only the first thousand are looked at.
        var ranked: [(name: String, distance: Int)] = []
        for candidate in names.prefix(1_000) {
            let distance = distance(wanted, Array(candidate.lowercased()))
            if distance <= max(2, wanted.count / 3) { ranked.append((candidate, distance)) }
        }
        ranked.sort { $0.distance == $1.distance ? $0.name < $1.name : $0.distance < $1.distance }
        return ranked.prefix(limit).map(\.name)
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
