import Foundation
import Synchronization

/// Prints to standard output, a block of lines at a time, with the time since the start.
final class Narrator: Sendable {
    /// What a line is, for those who look at a terminal.
    enum Tone: Sendable {
        case headline, plain, event, good, warning, bad

        fileprivate var code: String {
            switch self {
            case .headline: "1"
            case .plain: "0"
            case .event: "2"
            case .good: "32"
            case .warning: "33"
            case .bad: "31"
            }
        }
    }

    private struct State {
        var isClosed = false
        /// Whether the last line is empty. One empty line is enough.
        var endsEmpty = false
        /// Whether a prompt stands on the last line.
        var hasPrompt = false
    }

    static let indentation = String(repeating: " ", count: 11)
    private static let textWidth = 92

    private let start = ContinuousClock.now
    private let state = Mutex(State())
    private let isTerminal: Bool
    private let hasColors: Bool
    /// Ends when nobody reads the output any more.
    let closing: AsyncStream<Never>
    private let close: AsyncStream<Never>.Continuation

    init() {
        isTerminal = isatty(STDOUT_FILENO) == 1
        hasColors = isTerminal && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
        (closing, close) = AsyncStream.makeStream()
    }

    /// A headline of its own.
    func headline(_ text: String) {
        print { time in ["", Self.line(time, Self.colored(text, .headline, if: self.hasColors))] }
    }

    /// Sentences about what is about to happen.
    func explain(_ text: String) {
        print { _ in text.wrapped(at: Self.textWidth).map { Self.indentation + $0 } }
    }

    /// One line about one thing.
    func tell(_ subject: String, _ text: String, _ tone: Tone = .event) {
        print { time in
            let text = "\(Self.mark(of: tone)) \(subject.padded(to: 17)) \(text)"
            return [Self.line(time, Self.colored(text, tone, if: self.hasColors))]
        }
    }

    /// Something of several lines, such as a picture of a tree.
    func show(_ block: String) {
        print { _ in
            let lines = block.split(separator: "\n", omittingEmptySubsequences: false)
            return [""] + lines.map { "\(Self.indentation)  \($0)" } + [""]
        }
    }

    /// Puts the prompt of the interactive terminal there, and again below each line that follows. On a terminal only.
    func prompt() {
        guard isTerminal else { return }
        state.withLock { state in
            state.hasPrompt = true
            write(Self.promptText, &state)
        }
    }

    /// The user has pressed return, or will not type any more.
    func endPrompt() {
        state.withLock { state in
            if state.hasPrompt { write(Self.clearLine, &state) }
            state.hasPrompt = false
        }
    }

    private static let promptText = "> "
    private static let clearLine = "\r\u{1B}[K"

    private func print(_ lines: (Duration) -> [String]) {
        state.withLock { state in
            // The time is read under the lock, so that times never go back from one line to the next.
            var lines = lines(ContinuousClock.now - start)
            if state.endsEmpty, lines.first == "" { lines.removeFirst() }
            state.endsEmpty = lines.last == ""
            let text = lines.map { $0 + "\n" }.joined()
            write(state.hasPrompt ? Self.clearLine + text + Self.promptText : text, &state)
        }
    }

    private func write(_ text: String, _ state: inout State) {
        guard !state.isClosed else { return }
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch {
            // As with `| head`: there is nobody left to tell.
            state.isClosed = true
            close.finish()
        }
    }

    private static func line(_ time: Duration, _ text: String) -> String {
        timestamp(time) + "  " + text
    }

    /// `+  3.2 s`, as wide as the indentation of what has no time of its own.
    static func timestamp(_ time: Duration) -> String {
        "+ " + String(format: "%5.1f s", time / .seconds(1))
    }

    private static func mark(of tone: Tone) -> String {
        switch tone {
        case .headline, .plain, .event: "·"
        case .good: "✓"
        case .warning: "!"
        case .bad: "✗"
        }
    }

    private static func colored(_ text: String, _ tone: Tone, if hasColors: Bool) -> String {
        hasColors ? "\u{1B}[\(tone.code)m\(text)\u{1B}[0m" : text
    }
}
