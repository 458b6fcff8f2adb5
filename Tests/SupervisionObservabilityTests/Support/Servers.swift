#if Observability
import Supervision

struct Broken: Error {}

/// A server that crashes when it is told to.
actor Till: GenServer {
    enum Message: Sendable { case add(Int), crash }
    private(set) var total = 0

    func handle(_ message: Message, _ context: ServerContext<Till>) throws {
        switch message {
        case .add(let amount): total += amount
        case .crash: throw Broken()
        }
    }

    func add(_ amount: Int) -> Int {
        total += amount
        return total
    }
}

extension ServerName where Server == Till {
    static let till: Self = .init("till")
}
#endif
