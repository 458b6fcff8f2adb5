public import Supervision

/// Accounts with money in them, none of which may be overdrawn.
///
/// Their balances are kept outside of the server, as in a database: a server that crashes and is started again finds
/// them as they were.
public actor Accounts: GenServer {
    /// Too little money for what was to be taken.
    public struct Overdrawn: Error, Hashable {
        public init() {}
    }

    private let ledger: Ledger

    public init(_ ledger: Ledger) { self.ledger = ledger }

    public func balance(of account: String) -> Int { ledger[account] }

    public func add(_ amount: Int, to account: String) { ledger[account] += amount }

    /// Moves money in one step.
    public func move(_ amount: Int, from giver: String, to taker: String) throws {
        guard ledger[giver] >= amount else { throw Overdrawn() }
        ledger[giver] -= amount
        ledger[taker] += amount
    }
}

extension ServerName where Server == Accounts {
    public static var accounts: Self { .init("accounts") }
}
