#if Admin
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
@preconcurrency import Musl
#else
@preconcurrency import Glibc
#endif

/// The terminal that the program was started from.
struct SystemConsole: Console {
    let environment = ProcessInfo.processInfo.environment

    var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    var size: (columns: Int, rows: Int)? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    func write(_ text: String) { Self.write(text, to: STDOUT_FILENO) }

    func complain(_ line: String) { Self.write(line + "\n", to: STDERR_FILENO) }

    func input() -> String {
        var text = ""
        while let line = readLine(strippingNewline: false) { text += line }
        return text
    }

    func ask(_ question: String) -> Bool {
        Self.write(question + " [y/N] ", to: STDERR_FILENO)
        let answer = (readLine() ?? "").trimmed.lowercased()
        return answer == "y" || answer == "yes"
    }

    func wantsEnd() async -> Bool {
        if endRequested.load(ordering: .relaxed) { return true }
        guard canAsk else {
            try? await Task.sleep(for: .milliseconds(100))
            return Task.isCancelled
        }
        // The terminal is set to give up after a tenth of a second.
        var byte: UInt8 = 0
        guard read(STDIN_FILENO, &byte, 1) == 1 else { return false }
        return byte == UInt8(ascii: "q") || byte == UInt8(ascii: "Q") || byte == Self.controlC
    }

    func withScreen(_ body: () async throws -> Void) async rethrows {
        guard isTerminal, canAsk else { return try await body() }
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { return try await body() }
        var raw = before
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        withUnsafeMutableBytes(of: &raw.c_cc) { characters in
            characters[Int(VMIN)] = 0
            characters[Int(VTIME)] = 1
        }
        // Whoever ends the program from elsewhere gets the terminal back, too.
        for number in [SIGTERM, SIGHUP, SIGINT] {
            signal(number) { _ in endRequested.store(true, ordering: .relaxed) }
        }
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw)
        write(Self.enterScreen)
        defer {
            write(Self.leaveScreen)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
        }
        try await body()
    }

    func contents(ofFile path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private static let controlC: UInt8 = 3
    /// The second screen of the terminal, without a cursor.
    private static let enterScreen = "\u{1B}[?1049h\u{1B}[?25l"
    private static let leaveScreen = "\u{1B}[?25h\u{1B}[?1049l"

    private static func write(_ text: String, to file: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { systemWrite(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            // A reader that has gone ends the program by its signal; there is nobody else to tell.
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}

/// Whether a signal has asked for the end of a live display.
private let endRequested = Atomic(false)

private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(file, bytes, count)
}
#endif
