/// How a call counts for its circuit (B5).
public enum CallOutcome: String, Sendable, Codable, CaseIterable {
    /// The service answered as it should.
    case success
    /// The service failed.
    case failure
    /// The call says nothing about the service: it opens nothing, closes nothing and resets no count.
    case ignored
}
