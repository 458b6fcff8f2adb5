public import Supervision

/// Something that a ``Retry`` did (B30).
///
/// It carries numbers and the types of errors or values, never what is in them.
public struct RetryEvent: RuntimeEvent, Hashable {
    /// What a retry did.
    public enum Kind: Sendable, Hashable {
        /// It waits so long and tries again; because the service asked for that wait, or because the back-off says so.
        case waiting(Duration, isAskedFor: Bool)
        /// There is no other try, and the last one's error or value surfaces.
        case gaveUp(GiveUpReason)
        /// The custom function of the back-off threw or gave a negative time, so the base of the back-off held.
        case usedBaseBackoff(Duration)
    }

    /// Why there is no other try.
    public enum GiveUpReason: String, Sendable, Hashable {
        /// There were as many as allowed.
        case attempts
        /// The ``RetryBudget`` is used up.
        case budget
        /// The wait would have ended after the caller's deadline.
        case deadline
    }

    /// What a try came to.
    public enum Cause: Sendable, Hashable {
        /// An error of that type: the innermost, if it wraps others.
        case error(type: String)
        /// A value of that type, which is to be retried.
        case result(type: String)
    }

    /// The name that the retry was given.
    public let name: String?
    /// The number of the try that led to it; the first is 1.
    public let attempt: Int
    /// The most tries that there may be.
    public let maxAttempts: Int
    /// What the try came to.
    public let cause: Cause
    /// What the retry did.
    public let kind: Kind
    /// When, on the runtime's clock.
    public let time: RuntimeInstant

    /// Giving up and a faulty back-off are warnings.
    public var level: EventLevel {
        switch kind {
        case .waiting: .info
        case .gaveUp, .usedBaseBackoff: .warning
        }
    }

    /// One readable line.
    public var description: String {
        let owner = name.map { "retry '\($0)'" } ?? "retry"
        return "\(owner): attempt \(attempt) of \(maxAttempts) \(cause); \(kind)"
    }
}

extension RetryEvent.Cause: CustomStringConvertible {
    /// What a try came to, in words.
    public var description: String {
        switch self {
        case .error(let type): "failed with \(type)"
        case .result(let type): "returned a \(type) that is to be retried"
        }
    }
}

extension RetryEvent.Kind: CustomStringConvertible {
    /// What a retry did, in words.
    public var description: String {
        switch self {
        case .waiting(let wait, isAskedFor: true): "next in \(wait.shortDescription), as the service asked"
        case .waiting(let wait, isAskedFor: false): "next in \(wait.shortDescription)"
        case .gaveUp(.attempts): "no attempts left"
        case .gaveUp(.budget): "the retry budget is used up"
        case .gaveUp(.deadline): "the caller's deadline would be over before the next"
        case .usedBaseBackoff(let base):
            "the back-off's function threw or was negative, so its base of \(base.shortDescription) held"
        }
    }
}
