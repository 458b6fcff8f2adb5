import Supervision

/// Three ways to move money between two accounts. Two of them are wrong, and most tests would not notice.
public enum Transfer: Sendable, CaseIterable {
    /// Looks whether there is enough, and takes it then: another transfer may come in between.
    case checkThenTake
    /// Takes in one step and gives in another: a crash may come in between.
    case takeThenGive
    /// One message to the server, which handles one at a time.
    case inOneStep

    public func callAsFunction(_ amount: Int, from giver: String, to taker: String) async throws {
        let accounts = ServerRef(.accounts)
        switch self {
        case .checkThenTake:
            guard try await accounts.call({ $0.balance(of: giver) }) >= amount else { throw Accounts.Overdrawn() }
            try await accounts.call { accounts in
                accounts.add(-amount, to: giver)
                accounts.add(amount, to: taker)
            }
        case .takeThenGive:
            try await accounts.call { accounts in
                guard accounts.balance(of: giver) >= amount else { throw Accounts.Overdrawn() }
                accounts.add(-amount, to: giver)
            }
            try await accounts.call { $0.add(amount, to: taker) }
        case .inOneStep:
            try await accounts.call { try $0.move(amount, from: giver, to: taker) }
        }
    }
}
