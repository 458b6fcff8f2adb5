import Synchronization

/// Where the balances are kept. It stands for a database that does one thing at a time.
public final class Ledger: Sendable {
    private let balances: Mutex<[String: Int]>

    public init(_ balances: [String: Int]) { self.balances = Mutex(balances) }

    public subscript(account: String) -> Int {
        get { balances.withLock { $0[account, default: 0] } }
        set { balances.withLock { $0[account] = newValue } }
    }

    /// All the money that there is.
    public var total: Int { balances.withLock { $0.values.reduce(0, +) } }
}
