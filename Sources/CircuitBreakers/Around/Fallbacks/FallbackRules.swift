/// The errors that lead to a fallback (B29).
struct FallbackRules: Sendable {
    /// None for any error.
    var accepted: [@Sendable (any Error) -> Bool] = []

    func accept(_ error: any Error) -> Bool {
        if Task.isCancelled { return false }
        switch CallObstacle(error) {
        case .notSetUp: return false
        case .rejected: return true
        case nil: break
        }
        if accepted.isEmpty { return true }
        return ErrorLayers(error).contains { layer in accepted.contains { $0(layer) } }
    }
}
