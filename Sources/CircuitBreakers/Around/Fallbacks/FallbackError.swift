/// A call failed, and so did what was to take its place (B29).
///
/// It is judged as the fallback's own error (see ``ErrorWrapper``); the errors before it are attached.
public struct FallbackError: ErrorWrapper, CustomStringConvertible {
    /// The error of the last fallback that was tried.
    public let underlyingError: any Error
    /// The errors before that: the call's own first, then those of other fallbacks in their order. At least one.
    public let earlierErrors: [any Error]

    /// The error of the call itself.
    public var firstError: any Error { earlierErrors.first ?? underlyingError }

    /// A rejection among them whose last failure is itself a failed fallback loses it, so that circuits whose
    /// fallbacks call each other make no chain that grows (B7).
    @usableFromInline
    init(_ error: any Error, after earlier: [any Error]) {
        underlyingError = Self.bounded(error)
        earlierErrors = earlier.map(Self.bounded)
    }

    private static func bounded(_ error: any Error) -> any Error {
        guard let rejection = error as? CircuitBreakerError, let failure = rejection.lastFailure else { return error }
        return ErrorLayers(failure).contains { $0 is FallbackError } ? rejection.withoutLastFailure : rejection
    }

    /// All errors, the last one first.
    public var description: String {
        let before = earlierErrors.map { "\($0)" }.joined(separator: "; ")
        return "the fallback failed: \(underlyingError); before it: \(before)"
    }
}
