#if Observability
/// The values of one label, of which there are only so many.
///
/// A metrics system keeps a series for each value that it has ever seen, so a value for each session or user would grow
/// for as long as the process lives. Children of a dynamic supervisor share the value of all their kind, and what comes
/// after the limit is `other`.
struct BoundedLabels {
    static let other = "other"

    private let limit: Int
    private var known: Set<String> = []

    init(limit: Int) {
        self.limit = limit
    }

    /// The label for what stands at `path` in a tree.
    mutating func label(path: String) -> String {
        // The number of a dynamic supervisor's child, as in app/sessions/session#17.
        guard path.contains("#") else { return label(path) }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map { part -> Substring in
            guard let mark = part.lastIndex(of: "#"), part[mark...].dropFirst().allSatisfy(\.isWholeNumber) else {
                return part
            }
            return part[..<mark]
        }
        return label(parts.joined(separator: "/"))
    }

    /// The value itself, or `other` when there are too many.
    mutating func label(_ value: String) -> String {
        if known.contains(value) { return value }
        guard known.count < limit else { return Self.other }
        known.insert(value)
        return value
    }
}
#endif
