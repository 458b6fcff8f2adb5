import Foundation

/// The lines of standard input.
enum StandardInput {
    static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// The lines as they are typed; ends at the end of the input.
    ///
    /// `readLine` blocks, so it has a thread of its own, which is still blocked when the process ends.
    static func lines() -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        Thread.detachNewThread {
            while let line = readLine() { continuation.yield(line) }
            continuation.finish()
        }
        return stream
    }
}
