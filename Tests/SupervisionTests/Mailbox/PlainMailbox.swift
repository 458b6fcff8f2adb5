@testable import Supervision

/// What a mailbox does, told in plain words: who is there, what waits, and who has what in hand.
struct PlainMailbox {
    enum Hands {
        case none, visitor, drain
    }

    /// Whether a further life is planned.
    var isOpen = false
    var life = 0
    /// Whether there is an incarnation that is no stray.
    var isAlive = false
    var isReady = false
    var isAsked = false
    var isCleaningUp = false
    var hands = Hands.none
    var mail: [Int] = []
    /// Taken, and not begun.
    var inHand: [Int] = []
    var strays: Set<Int> = []
    /// Requests of operators, and what is to be continued with.
    var requests: [Int] = []
    var urgent: [Int] = []
    var isSuspended = false
    /// Whether it ends when nothing waits any more.
    var isDraining = false
    var isDiscarding = false

    var phase: MailboxBench.Phase {
        if !isAlive { return isOpen ? .vacant : .closed }
        if !isReady { return .starting }
        if isCleaningUp { return .ending }
        switch hands {
        case .none: return .idle
        case .visitor: return .visited
        case .drain: return .draining
        }
    }

    mutating func post(_ number: Int) -> String {
        if phase == .closed { return "refuse" }
        mail.append(number)
        if phase != .idle || isSuspended { return "keep" }
        hands = .drain
        return "wake"
    }

    mutating func postOwn(_ number: Int, from sender: Int) -> String {
        isAlive && !isAsked && sender == life ? post(number) : "refuse"
    }

    mutating func postUrgent(_ number: Int, from sender: Int) -> String {
        if !isAlive || isAsked || sender != life { return "refuse" }
        urgent.append(number)
        if phase != .idle || isSuspended { return "keep" }
        hands = .drain
        return "wake"
    }

    mutating func postRequest(_ number: Int) -> String {
        if !isAlive || isAsked { return "refuse" }
        requests.append(number)
        if phase != .idle { return "keep" }
        hands = .drain
        return "wake"
    }

    /// What waits, in order: urgent letters stand before all others.
    var waiting: [Int] { urgent + mail }

    private var hasMail: Bool { !waiting.isEmpty }
    private var hasWork: Bool { !requests.isEmpty || hasMail && !isSuspended }

    mutating func take() -> [Int]? {
        if isAsked { return nil }
        if !requests.isEmpty { return [requests.removeFirst()] }
        if !hasMail || isSuspended { return nil }
        inHand = waiting
        (urgent, mail) = ([], [])
        return inHand
    }

    mutating func leave() -> String {
        mail = inHand + mail
        inHand = []
        hands = .none
        if isDraining, !hasMail, requests.isEmpty { isAsked = true }
        if isAsked {
            isCleaningUp = true
            return "end \(life)"
        }
        if !hasWork { return "rest" }
        hands = .drain
        return "drain \(life)"
    }

    mutating func begin() -> Int? {
        if isAlive { return nil }
        (isOpen, isAlive, isReady, isAsked, isCleaningUp, hands) = (true, true, false, false, false, .none)
        life += 1
        return life
    }

    mutating func open() -> String {
        isReady = true
        if isAsked {
            isCleaningUp = true
            return "end"
        }
        if !hasWork { return "open" }
        hands = .drain
        return "drain"
    }

    mutating func requestExit() -> String {
        if !isAlive || isAsked { return "nothing" }
        let phase = phase
        isAsked = true
        if phase != .idle { return "interrupt 0" }
        isCleaningUp = true
        return "end"
    }

    mutating func fail() {
        isAsked = true
    }

    /// Gives what goes with the incarnation.
    mutating func finish() -> [Int] {
        let gone = urgent + (isDiscarding ? mail : []) + requests
        if isDiscarding { mail = [] }
        (isAlive, hands, requests, urgent, isSuspended, isDraining) = (false, .none, [], [], false, false)
        return gone
    }

    mutating func suspend(_ suspends: Bool) -> String {
        if !isAlive || isCleaningUp { return "nobody" }
        isSuspended = suspends
        if suspends { return "suspended" }
        if phase != .idle || !hasWork { return "goes on" }
        hands = .drain
        return "wake"
    }

    mutating func beginLastDrain() -> Bool {
        if isAsked || isDraining { return false }
        switch phase {
        case .visited, .draining: isDraining = true
        case .idle: isDraining = hasMail
        default: break
        }
        return isDraining
    }

    /// Gives what goes with the incarnation; nil when there is nobody to abandon.
    mutating func abandon() -> [Int]? {
        if !isAlive || !isAsked { return nil }
        strays.insert(life)
        mail = inHand + mail
        inHand = []
        return finish()
    }

    mutating func close() -> [Int] {
        if isAlive { return [] }
        isOpen = false
        defer { mail = [] }
        return mail
    }
}
