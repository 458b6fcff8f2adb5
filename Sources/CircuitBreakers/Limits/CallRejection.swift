/// An error of the caller's own side: a layer around the call did not run the operation, so that it says nothing about
/// the service.
///
/// Circuits ignore such an error unless ``CircuitPolicy/judgeError`` says otherwise (B8), also when it is wrapped in
/// others. Give the conformance to the rejections of your own layers.
public protocol CallRejection: Error {}

extension CircuitBreakerError: CallRejection {}

/// A time limit, bulkhead, rate limit or hedge that cannot do what it is told: which value, what it says, what it may
/// say, and what to do. Its calls throw this and run nothing.
public struct InvalidCallLimit: CallRejection, Hashable, CustomStringConvertible {
    /// The value, as it is written in Swift.
    public var field: String
    /// What it says.
    public var value: String
    /// What it may say.
    public var allowed: String
    /// What to do about it.
    public var remedy: String

    /// One line with the field, its value, what is allowed and the remedy.
    public var description: String { "\(field) is \(value), allowed is \(allowed); \(remedy)" }

    static func require(
        _ isValid: Bool,
        _ field: String,
        _ value: @autoclosure () -> String,
        _ allowed: String,
        _ remedy: String
    ) throws(InvalidCallLimit) {
        if isValid { return }
        throw InvalidCallLimit(field: field, value: value(), allowed: allowed, remedy: remedy)
    }
}
