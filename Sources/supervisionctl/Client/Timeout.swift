#if Admin
/// Something took longer than it may.
struct TimedOut: Error {}

/// What `body` returns, if that is soon enough. Otherwise it is cancelled.
///
/// - Throws: `TimedOut`; or what `body` throws.
func withTimeout<Value: Sendable>(
    _ time: Duration,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: time)
            throw TimedOut()
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw TimedOut() }
        return value
    }
}
#endif
