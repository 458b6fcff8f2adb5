internal import Supervision
internal import Synchronization

/// What is known of one place in the tree, whichever incarnation of its desk lives there.
final class DeskLog: Sendable {
    /// What may become of what is cast to the desk.
    enum Mail: Sendable {
        /// Each message is begun: the mailbox is unbounded and outlives restarts.
        case complete
        /// Each message that was let in is begun.
        case admitted
        /// Messages may be lost, never turned round.
        case ordered
    }

    /// The messages of one sender that were begun.
    struct Seen: Sendable {
        var last = 0
        var count = 0
    }

    let name: String
    let mail: Mail
    /// Whether incarnations may be given up and run on beside their successors (S3).
    let mayLeaveZombies: Bool
    let round: RoundContext
    private let senders = Mutex<[Int: Seen]>([:])
    private let isOccupied = Atomic(false)

    init(_ name: String, mail: Mail, mayLeaveZombies: Bool = false, _ round: RoundContext) {
        self.name = name
        self.mail = mail
        self.mayLeaveZombies = mayLeaveZombies
        self.round = round
    }

    /// What was begun of a sender.
    func seen(of sender: Int) -> Seen {
        senders.withLock { $0[sender] ?? Seen() }
    }

    /// Message `number` of `sender` is begun.
    func begin(_ number: Int, of sender: Int) {
        let last = senders.withLock { senders in
            let seen = senders[sender] ?? Seen()
            senders[sender] = Seen(last: number, count: seen.count + 1)
            return seen.last
        }
        // A zombie may be at a message long after its successor has had later ones; each life checks its own order.
        let isInOrder = mail == .complete ? number == last + 1 : number > last || mayLeaveZombies
        round.referee.require(
            isInOrder || round.isStopping,
            "message \(number) of sender \(sender) came after message \(last) (S15, S2)",
            at: name
        )
    }

    /// Code of the desk begins to run; of all incarnations, unless some of them may be zombies.
    func enter(_ turnstile: borrowing Atomic<Bool>, at work: String) {
        let isTaken = mayLeaveZombies ? turnstile.exchange(true, ordering: .acquiringAndReleasing) : takePlace()
        round.referee.require(!isTaken, "\(work) began while other code of the server ran (S15, S4)", at: name)
    }

    func leave(_ turnstile: borrowing Atomic<Bool>) {
        if mayLeaveZombies {
            turnstile.store(false, ordering: .releasing)
        } else {
            isOccupied.store(false, ordering: .releasing)
        }
    }

    private func takePlace() -> Bool {
        isOccupied.exchange(true, ordering: .acquiringAndReleasing)
    }
}
