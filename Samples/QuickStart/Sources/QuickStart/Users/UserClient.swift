import CircuitBreakers
import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Fetches lists of users over HTTP.
struct UserClient: Sendable {
    private let session: URLSession
    private let answerTime: Duration

    init(answerTime: Duration = Settings.answerTime) {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        configuration.urlCache = nil
        session = URLSession(configuration: configuration)
        self.answerTime = answerTime
    }

    /// The users that `url` lists.
    ///
    /// - Throws: ``UserClientError``; `CancellationError` when the task is cancelled.
    func users(at url: URL) async throws -> [User] {
        let (body, response) = try await answer(of: url)
        if let response = response as? HTTPURLResponse, response.statusCode != 200 {
            throw UserClientError.status(response.statusCode)
        }
        do {
            return try JSONDecoder().decode([User].self, from: body)
        } catch {
            throw UserClientError.notUsers
        }
    }

    /// Lets go of the connections.
    func close() {
        session.invalidateAndCancel()
    }

    private func answer(of url: URL) async throws -> (Data, URLResponse) {
        do {
            // The timeouts of a URLSession bound the silence between two packets, not the whole of an answer.
            return try await TimeLimit(answerTime).call { try await session.data(from: url) }
        } catch is TimeLimitExceeded {
            throw UserClientError.noAnswer(within: answerTime)
        } catch let error as URLError {
            try Task.checkCancellation()
            throw UserClientError(error)
        }
    }
}

/// Why there is no list of users.
enum UserClientError: Error, Sendable, CustomStringConvertible {
    case connectionRefused
    case unknownHost
    case noAnswer(within: Duration)
    case status(Int)
    case notUsers
    case other(String)

    init(_ error: URLError) {
        self =
            switch error.code {
            case .cannotConnectToHost: .connectionRefused
            case .cannotFindHost, .dnsLookupFailed: .unknownHost
            default: .other(error.localizedDescription)
            }
    }

    var description: String {
        switch self {
        case .connectionRefused: "connection refused"
        case .unknownHost: "no such host"
        case .noAnswer(let limit): "no answer within \(limit.inSeconds)"
        case .status(let status): "status \(status)"
        case .notUsers: #"the answer is no list of users, such as [{"id": 1, "name": "Ada"}]"#
        case .other(let text): text
        }
    }
}
