/// A policy that no circuit can follow: which field, what it says, what it may say, and what to do (B24).
public struct InvalidCircuitPolicy: Error, Sendable, Hashable {
    /// The service whose policy it is; nil for the policy of all services that have none of their own.
    public var service: ServiceName?
    /// The field, by the name that it has in ``CircuitSettings``.
    public var field: String
    /// The value that it has.
    public var value: String
    /// The values that it may have.
    public var allowed: String
    /// What to do about it.
    public var remedy: String

    /// An error of that field.
    public init(service: ServiceName? = nil, field: String, value: String, allowed: String, remedy: String) {
        self.service = service
        self.field = field
        self.value = value
        self.allowed = allowed
        self.remedy = remedy
    }
}

extension InvalidCircuitPolicy: CustomStringConvertible {
    /// One line with the owner, the field, its value, what is allowed and the remedy.
    public var description: String {
        let owner = service.map { "the policy of '\($0)'" } ?? "the circuit policy"
        return "\(owner) is invalid: \(field) is \(value), allowed is \(allowed); \(remedy)"
    }
}
