import CircuitBreakers
import Supervision

/// The interactive terminal: does what is typed, until `quit` or the end of the input.
struct Terminal: Sendable {
    let narrator: Narrator
    let log: EventLog
    let source: UserSource

    func run() async throws {
        try await log.waitUntilTreeRuns()
        narrator.headline("The tree runs. Type a command:")
        narrator.show(Command.list)
        narrator.prompt()
        defer { narrator.endPrompt() }
        for await line in StandardInput.lines() {
            narrator.endPrompt()
            guard await obey(line) else { return }
            narrator.prompt()
        }
    }

    /// False when the user has had enough.
    private func obey(_ line: String) async -> Bool {
        guard line.contains(where: { !$0.isWhitespace }) else { return true }
        do {
            let command = try Command(line)
            if command == .quit { return false }
            try await obey(command)
        } catch {
            // A server may be restarting just now, or the circuit unknown: that is for the user to know.
            narrator.tell("", "\(error)", .warning)
        }
        return true
    }

    private func obey(_ command: Command) async throws {
        switch command {
        case .tree: narrator.show(try await ServerRef(.app).tree().description)
        case .state: try await showState()
        case .users: try await showUsers()
        case .down, .up, .slow, .failing: try await setUpstream(command)
        case .crashUsers: ServerRef(.users).cast(.crash)
        case .crashReports: try await ServerRef(.templates).call { $0.spoil() }
        case .resetUserAPI: try await CircuitBreakerServer.reset(.userAPI)
        case .help: narrator.show(Command.list)
        case .quit: break
        }
    }

    private func showState() async throws {
        for circuit in try await CircuitBreakerServer.states() {
            narrator.tell("circuit \(circuit.service)", circuit.inWords, .plain)
        }
        switch source {
        case .builtIn:
            let mode = try await ServerRef(.upstream).call { $0.mode }
            narrator.tell("upstream", "\(mode.rawValue): \(mode.explanation)", .plain)
        case .url(let url):
            narrator.tell("upstream", "\(url), which is not ours", .plain)
        }
    }

    private func showUsers() async throws {
        let (users, refreshedAt) = try await ServerRef(.users).call { ($0.users, $0.refreshedAt) }
        guard let refreshedAt else { return narrator.tell("users", "none are known yet", .plain) }
        narrator.show(users.map { "\($0.id)  \($0.name)" }.joined(separator: "\n"))
        narrator.tell("users", "as of \(refreshedAt.duration(to: Runtime.current.now).inSeconds) ago", .plain)
    }

    private func setUpstream(_ command: Command) async throws {
        guard case .builtIn = source, let mode = command.mode else {
            let text = "'\(command.spelling)' only works with the built-in upstream, that is without --url"
            return narrator.tell("", text, .warning)
        }
        try await ServerRef(.upstream).call { try await $0.become(mode) }
    }
}

extension CircuitSnapshot {
    var inWords: String {
        let wait = retryAfter.map { ", next attempt in \($0.inSeconds)" } ?? ""
        let calls = "\(counts.successes) succeeded, \(counts.failures) failed, \(counts.rejected) rejected"
        return "\(state.inWords)\(wait); calls so far: \(calls)"
    }
}
