/// How the built-in upstream behaves.
enum UpstreamMode: String, Sendable, CaseIterable {
    case healthy, slow, failing, down

    var explanation: String {
        switch self {
        case .healthy: "it answers at once"
        case .slow: "it answers after three seconds"
        case .failing: "it answers every request with status 503"
        case .down: "nobody listens there any more"
        }
    }
}
