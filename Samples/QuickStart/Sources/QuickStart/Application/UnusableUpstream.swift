import Foundation

/// The upstream that `--url` names cannot be used.
struct UnusableUpstream: Error, CustomStringConvertible {
    let url: URL
    let reason: String

    var description: String { "cannot fetch users from \(url): \(reason)" }

    /// Asks once, so that a wrong URL is told at once rather than by a circuit that opens.
    ///
    /// - Throws: ``UnusableUpstream``.
    static func check(_ url: URL) async throws {
        let client = UserClient(answerTime: .seconds(3))
        defer { client.close() }
        do {
            _ = try await client.users(at: url)
        } catch UserClientError.status(500...) {
            // It is there, but in trouble: just what a circuit breaker is for.
        } catch {
            throw UnusableUpstream(url: url, reason: "\(error)")
        }
    }
}
