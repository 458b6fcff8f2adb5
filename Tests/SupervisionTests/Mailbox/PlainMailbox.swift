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
        if phase != .idle { return "keep" }
        hands = .drain
        return "wake"
    }

    mutating func postOwn(_ number: Int, from sender: Int) -> String {
        isAlive && !isAsked && sender == life ? post(number) : "refuse"
    }

    mutating func take() -> [Int]? {
        if isAsked || mail.isEmpty { return nil }
        inHand = mail
        mail = []
        return inHand
    }

    mutating func leave() -> String {
        mail = inHand + mail
        inHand = []
        hands = .none
        if isAsked {
            isCleaningUp = true
            return "end \(life)"
        }
        if mail.isEmpty { return "rest" }
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
        if mail.isEmpty { return "open" }
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

    mutating func finish() {
        isAlive = false
        hands = .none
    }

    /// False when there is nobody to abandon.
    mutating func abandon() -> Bool {
        if !isAlive || !isAsked { return false }
        strays.insert(life)
        isAlive = false
        hands = .none
        inHand = []
        return true
    }

    mutating func close() -> [Int] {
        if isAlive { return [] }
        isOpen = false
        defer { mail = [] }
        return mail
    }
}
