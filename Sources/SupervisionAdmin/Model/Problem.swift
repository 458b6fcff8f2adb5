#if Admin
/// What was wrong with a request, as `application/problem+json` (RFC 9457).
package struct Problem: Error, Sendable, Codable, Hashable {
    /// The kind of problem: `about:blank` where the status says it all.
    package var type: String
    /// The kind in words.
    package var title: String
    /// The status of the response.
    package var status: Int
    /// What was wrong with this request, what was expected, and what to do.
    package var detail: String
    /// The names that exist and are near to the one that does not; then those that exist.
    package var known: [String]?
}
#endif
