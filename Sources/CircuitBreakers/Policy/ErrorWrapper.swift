internal import Supervision

/// An error that carries another one. Whoever judges an error looks through it, however deep.
public protocol ErrorWrapper: Error {
    /// The error inside.
    var underlyingError: any Error { get }
}

/// Says of a failure that the same call may work later. Throw it from an operation, around the error itself.
///
/// The `retryAfter` of the failure that opens a circuit lengthens the open time, up to
/// ``CircuitPolicy/maxRetryAfter`` (B16).
public struct RetryableError: ErrorWrapper, CustomStringConvertible {
    /// The error that was marked.
    public let underlyingError: any Error
    /// How long to wait before the next try, if the service said so.
    public let retryAfter: Duration?

    /// Marks `error` as one that may go away by itself, after `retryAfter` if the service said so.
    public init(_ error: any Error, retryAfter: Duration? = nil) {
        underlyingError = error
        self.retryAfter = retryAfter
    }

    /// The error, and what it was marked as.
    public var description: String {
        guard let retryAfter else { return "\(underlyingError) (may be tried again)" }
        return "\(underlyingError) (may be tried again after \(retryAfter.shortDescription))"
    }
}

/// Says of a failure that the same call will fail again until someone does something about it. Throw it from an
/// operation, around the error itself.
///
/// With ``CircuitPolicy/PermanentErrorRule/openUntilReset`` it opens its circuit until the circuit is reset.
public struct PermanentError: ErrorWrapper, CustomStringConvertible {
    /// The error that was marked.
    public let underlyingError: any Error
    /// A code by which whoever handles the error knows it; nil for none.
    public let code: String?

    /// Marks `error` as one that does not go away by itself.
    public init(_ error: any Error, code: String? = nil) {
        underlyingError = error
        self.code = code
    }

    /// The error, and what it was marked as.
    public var description: String {
        code.map { "\(underlyingError) (permanent, \($0))" } ?? "\(underlyingError) (permanent)"
    }
}

/// An error that says that the time for a call was over. Circuits count it as ``CircuitPolicy/deadline`` says.
public protocol DeadlineError: Error {}

/// An error and what it wraps, outermost first.
struct ErrorLayers: Sequence, IteratorProtocol {
    private var upcoming: (any Error)?
    // An error that is a class can wrap itself; no chain made on purpose is this deep.
    private var remaining = 1_000

    init(_ error: any Error) {
        upcoming = error
    }

    mutating func next() -> (any Error)? {
        guard remaining > 0, let error = upcoming else { return nil }
        remaining -= 1
        upcoming = Self.inside(error)
        return error
    }

    private static func inside(_ error: any Error) -> (any Error)? {
        switch error {
        case let wrapper as any ErrorWrapper: wrapper.underlyingError
        case ServerError.exited(.error(let cause)): cause
        case let exit as Exit: if case .error(let cause) = exit.reason { cause } else { nil }
        default: nil
        }
    }
}
