import CircuitBreakers
import Supervision

/// What the sample's own servers have to tell.
enum OrderEvent: RuntimeEvent {
    /// That many orders have been sent so far.
    case sent(Int)
    /// That many orders could not be sent and are kept.
    case kept(Int, any Error)
    /// Orders could not be received or acknowledged.
    case notReceived(any Error)
    /// That many orders have been dealt with so far.
    case done(Int)

    var level: EventLevel {
        switch self {
        case .sent, .done: .debug
        case .kept, .notReceived: .warning
        }
    }

    var description: String {
        switch self {
        case .sent(let count): "outbox has sent \(count == 1 ? "1 order" : "\(count) orders")"
        case .kept(let count, let error): "outbox keeps \(count == 1 ? "1 order" : "\(count) orders"): \(error)"
        case .notReceived(let error): "consumer got nothing: \(error)"
        case .done(let count): "consumer has dealt with \(count == 1 ? "1 order" : "\(count) orders")"
        }
    }
}
