/// What can be typed on the terminal.
enum Command: Hashable, CaseIterable, Sendable {
    case tree, state, users
    case down, up, slow, failing
    case crashUsers, crashReports, resetUserAPI
    case help, quit

    var spelling: String {
        switch self {
        case .tree: "tree"
        case .state: "state"
        case .users: "users"
        case .down: "down"
        case .up: "up"
        case .slow: "slow"
        case .failing: "failing"
        case .crashUsers: "crash users"
        case .crashReports: "crash reports"
        case .resetUserAPI: "reset user-api"
        case .help: "help"
        case .quit: "quit"
        }
    }

    var explanation: String {
        switch self {
        case .tree: "draws the supervision tree"
        case .state: "shows the circuits, and how the upstream behaves"
        case .users: "lists the users that the directory knows"
        case .down: "takes the upstream down: connections are refused"
        case .up: "makes the upstream healthy again"
        case .slow: "makes the upstream answer too late"
        case .failing: "makes the upstream answer with status 503"
        case .crashUsers: "makes the user directory crash; its supervisor restarts it"
        case .crashReports: "spoils a template, so that the mailer crashes until its supervisor gives up"
        case .resetUserAPI: "closes the circuit by hand"
        case .help: "lists the commands"
        case .quit: "stops everything, in reverse order"
        }
    }

    /// The mode that the command puts the built-in upstream into.
    var mode: UpstreamMode? {
        switch self {
        case .down: .down
        case .up: .healthy
        case .slow: .slow
        case .failing: .failing
        default: nil
        }
    }

    static var list: String {
        allCases.map { "\($0.spelling.padded(to: 16))\($0.explanation)" }.joined(separator: "\n")
    }

    /// The command of a line, however it is spaced and capitalised.
    ///
    /// - Throws: ``UnknownCommand``.
    init(_ line: String) throws(UnknownCommand) {
        let words = line.lowercased().split { $0.isWhitespace }.joined(separator: " ")
        guard let command = Self.allCases.first(where: { $0.spelling == words }) else {
            throw UnknownCommand(line: words, near: Self.near(words))
        }
        self = command
    }

    /// The commands that may have been meant.
    private static func near(_ words: String) -> [Command] {
        let first = words.split(separator: " ").first.map(String.init) ?? words
        return allCases.filter { command in
            command.spelling.hasPrefix(words) || command.spelling.hasPrefix(first + " ")
                || words.distance(to: command.spelling) <= 2
        }
    }
}

/// A line that is no command.
struct UnknownCommand: Error, CustomStringConvertible {
    let line: String
    let near: [Command]

    var description: String {
        let names = near.map { "'\($0.spelling)'" }
        guard let last = names.last else { return "there is no command '\(line)'; 'help' lists all of them" }
        let list = names.count == 1 ? last : "\(names.dropLast().joined(separator: ", ")) or \(last)"
        return "there is no command '\(line)'; did you mean \(list)?"
    }
}

extension String {
    /// How many characters must be put in, left out or exchanged to make `other` of it (Levenshtein).
    func distance(to other: String) -> Int {
        let other = Array(other)
        var row = Array(0...other.count)
        for (index, character) in enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in other.indices {
                let above = row[column + 1]
                let changed = diagonal + (character == other[column] ? 0 : 1)
                row[column + 1] = Swift.min(changed, above + 1, row[column] + 1)
                diagonal = above
            }
        }
        return row[other.count]
    }
}
