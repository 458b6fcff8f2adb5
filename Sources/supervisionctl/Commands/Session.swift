#if Admin
import ArgumentParser
import SupervisionAdmin

/// One command being carried out: whom it asks, and where it writes.
struct Session: Sendable {
    let client: AdminClient
    let console: any Console
    let palette: Palette
    let isJSON: Bool
    private let isWide: Bool

    init(_ options: ConnectionOptions, _ console: some Console) throws(ClientFailure) {
        client = try options.client(console)
        self.console = console
        palette = .chosen(
            isTerminal: console.isTerminal,
            noColor: options.noColor,
            environment: console.environment
        )
        isJSON = options.json
        isWide = options.wide
    }

    /// How long a line may be: as the terminal's, and 80 columns when that is not known. Nil is no limit.
    var width: Int? {
        if isWide { return nil }
        let columns = console.size?.columns ?? console.environment["COLUMNS"].flatMap(Int.init) ?? 80
        return max(40, columns)
    }

    func write(_ lines: [String]) {
        console.write(lines.map { $0 + "\n" }.joined())
    }

    /// Writes a document as it has come.
    func write(document: [UInt8]) {
        console.write(String(decoding: document, as: UTF8.self).trimmed + "\n")
    }

    /// Sends a request that changes something, and says that it was done.
    func change(_ request: AdminRequest, _ done: String) async throws {
        let document = try await client.send(request)
        if isJSON { write(document: document) } else { write([done]) }
    }

    /// Asks whether to go on when somebody is there to be asked.
    func confirm(_ question: String, isAnswered: Bool) throws(ClientFailure) {
        guard !isAnswered, console.canAsk else { return }
        if !console.ask(question) { throw .declined }
    }
}

/// A command that asks the endpoint.
protocol AdminCommand: AsyncParsableCommand {
    var connection: ConnectionOptions { get }

    func run(in session: Session) async throws
    /// The name of what it is about, which may be unknown.
    var target: String? { get }
}

extension AdminCommand {
    var target: String? { nil }
}

extension Supervisionctl {
    /// Carries out a command line. Returns the exit code.
    static func execute(_ arguments: [String], _ console: some Console) async -> Int32 {
        var target: String?
        do {
            var command = try await asyncParseAsRoot(arguments)
            if let command = command as? any AdminCommand {
                target = command.target
                try await command.run(in: try Session(command.connection, console))
            } else {
                try command.run()
            }
            return 0
        } catch let failure as ClientFailure {
            for line in failure.lines(target: target) { console.complain(line) }
            return failure.exitCode
        } catch {
            // A request for help and a mistake on the command line are both told by the parser.
            let code = exitCode(for: error).rawValue
            let message = fullMessage(for: error)
            if code == 0 { console.write(message + "\n") } else { console.complain(message) }
            return code
        }
    }
}

extension ClientFailure {
    /// What standard error is told.
    func lines(target: String?) -> [String] {
        switch self {
        case .refused(let problem):
            return ["supervisionctl: " + problem.detail.printable] + Self.suggestion(problem, target)
        case .declined: return ["supervisionctl: nothing was changed"]
        case .unhealthy: return []
        case .usage(let text): return ["supervisionctl: \(text)", "See supervisionctl --help"]
        case .unreachable(let address, let reason, let remedy):
            return ["supervisionctl: cannot reach \(address.printable): \(reason)", remedy]
        case .notUnderstood(let text): return ["supervisionctl: \(text.printable)"]
        }
    }

    private static func suggestion(_ problem: Problem, _ target: String?) -> [String] {
        if problem.status == 401 { return ["Give the token with --token-file PATH or in SUPERVISION_ADMIN_TOKEN"] }
        guard let known = problem.known, !known.isEmpty else { return [] }
        let near = target.map { NearNames.near($0, among: known, limit: 3) } ?? []
        if !near.isEmpty { return ["Did you mean: \(near.joined(separator: ", ").printable)?"] }
        let rest = known.count > 10 ? " and \(known.count - 10) more" : ""
        return ["There are: \(known.prefix(10).joined(separator: ", ").printable)\(rest)"]
    }
}
#endif
