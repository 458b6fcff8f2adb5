import Supervision

/// A worker that says so when the list of users is out of date: once for each time that it becomes so.
struct StaleWatch: Sendable {
    func run() async throws {
        let runtime = Runtime.current
        // A worker has no `terminate`. It is cancelled instead, and cleans up like any function.
        defer { runtime.emit(AppEvent.terminating("watch", .shutdown, "a worker cleans up with defer")) }
        var wasStale = false
        while true {
            try await runtime.sleep(for: .milliseconds(250))
            guard let refreshedAt = try await ServerRef(.users).call({ $0.refreshedAt }) else { continue }
            let age = refreshedAt.duration(to: runtime.now)
            let isStale = age > Settings.staleAfter
            if isStale, !wasStale { runtime.emit(AppEvent.stale(age: age)) }
            wasStale = isStale
        }
    }
}
