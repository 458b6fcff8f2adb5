/// What the status of an HTTP response means for whoever called (B30).
public enum HTTPOutcome: Sendable, Hashable {
    /// The service answered as it should: 1xx, 2xx and 3xx.
    case success
    /// The same request will fail again until someone changes something.
    case permanentFailure(status: Int)
    /// The same request may work later, after `retryAfter` if the service said so.
    case retryableFailure(status: Int, retryAfter: Duration?)

    /// How long the service asked to be left alone.
    public var retryAfter: Duration? {
        if case .retryableFailure(_, let retryAfter) = self { retryAfter } else { nil }
    }

    /// How it counts for a circuit.
    ///
    /// What may work later is a failure of the service, and so is a permanent 5xx. A permanent 4xx is a success: the
    /// service works, and says that the request is wrong.
    public var callOutcome: CallOutcome {
        switch self {
        case .success: .success
        case .permanentFailure(let status): (400..<500).contains(status) ? .success : .failure
        case .retryableFailure: .failure
        }
    }

    /// The error to throw for it: ``HTTPStatusError``, marked as a ``PermanentError`` or a ``RetryableError``. Nil for a
    /// success.
    public var error: (any ErrorWrapper)? {
        switch self {
        case .success: nil
        case .permanentFailure(let status): PermanentError(HTTPStatusError(status: status), code: "HTTP \(status)")
        case .retryableFailure(let status, let retryAfter):
            RetryableError(HTTPStatusError(status: status), retryAfter: retryAfter)
        }
    }

    /// Returns for a success, and throws ``error`` for everything else.
    public func check() throws {
        if let error { throw error }
    }
}

/// A response with a status that means failure.
public struct HTTPStatusError: Error, Hashable, CustomStringConvertible {
    /// The status of the response.
    public let status: Int

    /// A response with that status.
    public init(status: Int) {
        self.status = status
    }

    /// Whether the status says that the request was wrong, rather than the service: 4xx.
    public var isClientError: Bool { (400..<500).contains(status) }

    /// The status.
    public var description: String { "HTTP status \(status)" }
}
