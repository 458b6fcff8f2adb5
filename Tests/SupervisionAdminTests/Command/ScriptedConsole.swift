#if Admin
import Synchronization

@testable import supervisionctl

/// A terminal, or none, that keeps what is written.
final class ScriptedConsole: Console {
    struct Missing: Error {}

    struct Screen: Sendable {
        var output = ""
        var errors: [String] = []
        var questions: [String] = []
        var isOnScreen = false
        var enteredScreen = 0
    }

    let environment: [String: String]
    let isTerminal: Bool
    let canAsk: Bool
    let size: (columns: Int, rows: Int)?
    private let answer: Bool
    private let files: [String: String]
    private let standardInput: String
    private let endsWhen: @Sendable (String) -> Bool
    private let screen = Mutex(Screen())

    init(
        environment: [String: String] = [:],
        isTerminal: Bool = false,
        canAsk: Bool = false,
        size: (columns: Int, rows: Int)? = nil,
        answer: Bool = true,
        files: [String: String] = [:],
        input: String = "",
        endsWhen: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
        self.environment = environment
        self.isTerminal = isTerminal
        self.canAsk = canAsk
        self.size = size
        self.answer = answer
        self.files = files
        standardInput = input
        self.endsWhen = endsWhen
    }

    var output: String { screen.withLock(\.output) }
    var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) }
    var errors: [String] { screen.withLock(\.errors) }
    var questions: [String] { screen.withLock(\.questions) }
    var isOnScreen: Bool { screen.withLock(\.isOnScreen) }
    var enteredScreen: Int { screen.withLock(\.enteredScreen) }

    func write(_ text: String) { screen.withLock { $0.output += text } }
    func complain(_ line: String) { screen.withLock { $0.errors.append(line) } }
    func input() -> String { standardInput }

    func ask(_ question: String) -> Bool {
        screen.withLock { $0.questions.append(question) }
        return answer
    }

    func wantsEnd() async -> Bool { endsWhen(output) }

    func withScreen(_ body: () async throws -> Void) async rethrows {
        screen.withLock { ($0.isOnScreen, $0.enteredScreen) = (true, $0.enteredScreen + 1) }
        defer { screen.withLock { $0.isOnScreen = false } }
        try await body()
    }

    func contents(ofFile path: String) throws -> [UInt8] {
        guard let text = files[path] else { throw Missing() }
        return Array(text.utf8)
    }
}
#endif
