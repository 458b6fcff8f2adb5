#if Admin
/// Where a command reads and writes: the terminal, or what a test has in its place.
protocol Console: Sendable {
    var environment: [String: String] { get }
    /// Whether standard output is a terminal.
    var isTerminal: Bool { get }
    /// Whether somebody is there to be asked.
    var canAsk: Bool { get }
    /// Columns and rows of the terminal; nil when they are not known.
    var size: (columns: Int, rows: Int)? { get }

    /// Writes to standard output.
    func write(_ text: String)
    /// Writes a line to standard error.
    func complain(_ line: String)
    /// All of standard input.
    func input() -> String
    /// Asks; true for yes.
    func ask(_ question: String) -> Bool
    /// Whether somebody wants the end of a live display. Waits up to a tenth of a second for it.
    func wantsEnd() async -> Bool
    /// Runs `body` with the whole terminal for it, which is then as it was before.
    func withScreen(_ body: () async throws -> Void) async rethrows
    /// What a file holds.
    func contents(ofFile path: String) throws -> [UInt8]
}
#endif
