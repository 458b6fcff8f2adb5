/// Layers around a call, put together once and used for many calls (B31).
///
/// ```swift
/// let userAPI = CallPolicy {
///     Retry(maxAttempts: 3)
///     CircuitBreaker(.userAPI)
/// }
/// let user = try await userAPI.call { try await api.user(1) }
/// ```
///
/// It reads from top to bottom as a call goes: the first layer is the outermost one, the operation comes after the
/// last. Every order is allowed and means what it says: here each try is one call of the circuit; with the two lines
/// exchanged the circuit counts the three tries as one call.
///
/// A policy is a layer itself and may stand within another. Without layers it runs the operation as it is.
///
/// **Cancellation, failure and shutdown** are those of its layers: it adds no task and no state of its own.
public struct CallPolicy: CallLayer {
    /// From the outermost to the innermost.
    let layers: [any CallLayer]

    /// The layers, outermost first.
    public init(@CallPolicyBuilder _ layers: () -> [any CallLayer]) {
        self.layers = layers()
    }

    /// Runs `operation` within all layers.
    ///
    /// - Throws: the operation's own error, or that of the layer that did not run it or did not wait for it.
    public func call<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        var composed = operation
        for layer in layers.reversed() {
            let inner = composed
            composed = { try await layer.call(inner) }
        }
        return try await composed()
    }
}

/// Puts the layers of a ``CallPolicy`` together, with `if`, `switch` and `for`.
@resultBuilder
public enum CallPolicyBuilder {
    /// One layer.
    public static func buildExpression(_ layer: some CallLayer) -> [any CallLayer] { [layer] }

    /// Layers that were made elsewhere, outermost first.
    public static func buildExpression(_ layers: [any CallLayer]) -> [any CallLayer] { layers }

    /// Layers one within the other.
    public static func buildBlock(_ parts: [any CallLayer]...) -> [any CallLayer] { parts.flatMap(\.self) }

    /// An `if` without an `else`.
    public static func buildOptional(_ part: [any CallLayer]?) -> [any CallLayer] { part ?? [] }

    /// The first branch of an `if` or `switch`.
    public static func buildEither(first part: [any CallLayer]) -> [any CallLayer] { part }

    /// The other branch of an `if` or `switch`.
    public static func buildEither(second part: [any CallLayer]) -> [any CallLayer] { part }

    /// A `for`: what comes first is outermost.
    public static func buildArray(_ parts: [[any CallLayer]]) -> [any CallLayer] { parts.flatMap(\.self) }

    /// An `if #available`.
    public static func buildLimitedAvailability(_ part: [any CallLayer]) -> [any CallLayer] { part }
}
