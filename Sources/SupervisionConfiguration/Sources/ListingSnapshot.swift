#if Configuration
internal import Configuration

/// A snapshot that knows all that it holds, which those of most providers do not tell: only there can a misspelt key be
/// found.
protocol ListingSnapshot: ConfigSnapshot {
    /// What it holds in the topmost `section`, by the names that its lookups have for their keys, and whether that is a
    /// value or nothing.
    func names(in section: String) -> [String: Bool]
    /// The names that stand in a section.
    func entries(of section: [String]) -> [String]
    /// Whether the other one says the very same.
    func says(sameAs other: any ConfigSnapshot) -> Bool
}
#endif
