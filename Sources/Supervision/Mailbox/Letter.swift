/// What lies in a mailbox.
@usableFromInline
enum Letter<Server: GenServer>: Sendable {
    /// From anyone.
    case message(Server.Message)
    /// From a timer or a task that an incarnation started: refused by every other incarnation (S1, B14).
    case own(Server.Message, incarnation: Int, timer: ServerTimer<Server>?)
    /// Someone waits for the answer.
    case call(PendingCall<Server>)

    /// Whether it is a call whose caller gave up while it ran: its task is, or is about to be, cancelled.
    @inlinable
    var isGivenUp: Bool {
        if case .call(let call) = self { return call.isGivenUp }
        return false
    }

    /// How it came and what type it has, for a log: never what it says (S13).
    var label: String {
        switch self {
        case .message: "cast \(Server.Message.self)"
        case .own(_, _, let timer): "\(timer == nil ? "own" : "timer") \(Server.Message.self)"
        case .call(let call): call.label
        }
    }

    /// Whether there is still something to do for it when its turn comes.
    func isDue(in incarnation: Int) -> Bool {
        switch self {
        case .message: true
        case .own(_, let sender, let timer): sender == incarnation && !(timer?.isCancelled ?? false)
        case .call(let call): call.isWaiting
        }
    }
}
