/// Something else to do when a call is rejected or fails (B29).
///
/// ```swift
/// let guest = Fallback<User> { error in User(name: "guest") }.on(ConnectionLost.self).on(TimedOut.self)
/// let user = try await userAPI.call(fallback: guest) { try await api.user(1) }
/// ```
///
/// It runs when the call is rejected (``CallRejection``), and when it fails with an error that
/// the fallback accepts: any, unless ``on(_:)`` names some. Other errors go through at once, unchanged.
///
/// **Never hidden** are the caller's cancellation, and that something is not set up (``CircuitBreakerError/noServer``,
/// ``CircuitBreakerError/invalidPolicy(_:)``, ``InvalidCallLimit``).
///
/// **Failure.** What the fallback throws surfaces as a ``FallbackError``, which has the call's own error attached.
///
/// It runs in the caller's task, after the call and outside of its layers, so that it counts for none of them. To have
/// a layer see the fallback's value, put the fallback inside: `policy.call { try await guest.call { … } }`.
public struct Fallback<Value: Sendable>: Sendable {
    private var rules = FallbackRules()
    private let run: @Sendable (any Error) async throws -> Value

    /// A fallback for any error.
    ///
    /// - Parameter run: gets the error of the call, and gives the value that takes the place of the call's.
    public init(_ run: @escaping @Sendable (_ error: any Error) async throws -> Value) {
        self.run = run
    }

    /// Accepts errors of a type, and its subclasses, and none but those that are named in this way. An error matches
    /// also when it is wrapped (see ``ErrorWrapper``), however deep.
    public func on<Failure: Error>(_ type: Failure.Type) -> Fallback {
        on { $0 is Failure }
    }

    /// Accepts the errors that `matches` is true for, and none but those that are named in this way. It is asked about
    /// an error and all that it wraps.
    public func on(where matches: @escaping @Sendable (any Error) -> Bool) -> Fallback {
        var copy = self
        copy.rules.accepted.append(matches)
        return copy
    }

    /// Runs `operation`, and the fallback if that is called for.
    ///
    /// - Throws: an error of the operation that the fallback does not accept; ``FallbackError`` when the fallback failed
    ///   too; the fallback's own error, unchanged, when the caller was cancelled meanwhile.
    public func call(_ operation: () async throws -> Value) async throws -> Value {
        let first: any Error
        do { return try await operation() } catch { first = error }
        guard rules.accept(first) else { throw first }
        do { return try await run(first) } catch {
            if Task.isCancelled { throw error }
            throw FallbackError(error, after: [first])
        }
    }
}

extension CallLayer {
    /// Runs `operation` within the layer, and something else when that is rejected or fails, with whatever error.
    ///
    /// - Throws: see ``Fallback/call(_:)``.
    public func call<Value: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Value,
        fallback: @escaping @Sendable (_ error: any Error) async throws -> Value
    ) async throws -> Value {
        try await call(fallback: Fallback(fallback), operation)
    }

    /// Runs `operation` within the layer, and the fallback when that is rejected or fails with an error that it accepts.
    ///
    /// - Throws: see ``Fallback/call(_:)``.
    public func call<Value: Sendable>(
        fallback: Fallback<Value>,
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await fallback.call { try await call(operation) }
    }
}
