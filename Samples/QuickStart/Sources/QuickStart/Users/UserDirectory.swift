import CircuitBreakers
import Foundation
import Supervision

/// Knows the users, and keeps its list fresh over HTTP through a circuit breaker.
///
/// The requests run beside the mailbox, so it answers at once even while the upstream hangs: with what it knows.
actor UserDirectory: GenServer {
    enum Message: Sendable {
        case refresh
        case refreshed(Result<[User], any Error>)
        /// Fall over, to show what happens then.
        case crash
    }

    struct AskedToCrash: Error, CustomStringConvertible {
        var description: String { "asked to crash" }
    }

    /// What came of the last refresh, so that only news is told.
    private enum Outcome {
        case none, fetched, failed, rejected
    }

    private let source: UserSource
    private let client = UserClient()
    private var lastOutcome = Outcome.none
    private var isRefreshing = false
    private(set) var users: [User] = []
    private(set) var refreshedAt: RuntimeInstant?

    init(source: UserSource) {
        self.source = source
    }

    func started(_ context: ServerContext<UserDirectory>) {
        context.send(.refresh, after: .zero)
        context.send(.refresh, every: Settings.refreshPeriod)
    }

    func handle(_ message: Message, _ context: ServerContext<UserDirectory>) throws {
        switch message {
        case .refresh: refresh(context)
        case .refreshed(let result): refreshed(result, context.runtime)
        case .crash: throw AskedToCrash()
        }
    }

    func terminate(reason: ExitReason) {
        client.close()
        let text = "list of users forgotten, connections closed"
        Runtime.current.emit(AppEvent.terminating("users", reason, text))
    }

    private func refresh(_ context: ServerContext<UserDirectory>) {
        guard !isRefreshing else { return }
        isRefreshing = true
        let (source, client) = (source, client)
        context.task(
            {
                let url = try await Self.url(of: source)
                return try await CircuitBreakerServer.call(.userAPI) { try await client.users(at: url) }
            },
            { .refreshed($0) }
        )
    }

    /// The built-in upstream may have another port after a restart, so it is asked each time.
    private static func url(of source: UserSource) async throws -> URL {
        switch source {
        case .url(let url): return url
        case .builtIn:
            let address = try await ServerRef(.upstream).call { $0.address }
            guard let url = URL(string: address) else { throw URLError(.badURL) }
            return url
        }
    }

    private func refreshed(_ result: Result<[User], any Error>, _ runtime: Runtime) {
        isRefreshing = false
        do {
            users = try result.get()
            refreshedAt = runtime.now
            if lastOutcome != .fetched { runtime.emit(AppEvent.fetched(users.count)) }
            lastOutcome = .fetched
        } catch let error as CircuitBreakerError {
            if lastOutcome != .rejected { runtime.emit(AppEvent.rejected("\(error)")) }
            lastOutcome = .rejected
        } catch {
            runtime.emit(AppEvent.fetchFailed("\(error)"))
            lastOutcome = .failed
        }
    }
}
