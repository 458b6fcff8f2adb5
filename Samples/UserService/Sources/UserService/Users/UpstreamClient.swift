import CircuitBreakers
import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Asks the upstream, and knows nothing of circuits.
struct UpstreamClient: Sendable {
    let url: URL
    private let session = URLSession(configuration: .ephemeral)

    init(url: String) throws {
        guard let url = URL(string: url) else { throw URLError(.badURL) }
        self.url = url
    }

    /// The user of that id; nil when there is none.
    ///
    /// - Throws: `HTTPStatusError` for a status that means failure; whatever the session throws.
    func user(_ id: Int) async throws -> User? {
        let (body, response) = try await session.data(from: url.appending(path: "users/\(id)"))
        guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
        if response.statusCode == 404 { return nil }
        let retryAfter = response.value(forHTTPHeaderField: "Retry-After")
        try HTTPClassifier().outcome(status: response.statusCode, retryAfter: retryAfter).check()
        return try JSONDecoder().decode(User.self, from: body)
    }
}
