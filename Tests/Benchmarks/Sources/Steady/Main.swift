import Dispatch
import Subjects

/// Goes one path very often and does nothing else, for tools that count what a program does: `Steady PATH COUNT`.
/// Without arguments it names the paths.
@main
struct Main {
    /// Not `async`: the main thread of an asynchronous one parks in a way that valgrind does not survive.
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let name = arguments.first, let count = arguments.dropFirst().first.flatMap({ Int($0) }) else {
            for name in paths.keys.sorted() { print(name) }
            return
        }
        guard let path = paths[name] else { throw UnknownPath(name: name) }
        let isDone = DispatchSemaphore(value: 0)
        // Unstructured, since the main thread waits for it without a task.
        Task.detached {
            do { try await path(count) } catch { fatalError("\(name): \(error)") }
            isDone.signal()
        }
        isDone.wait()
    }
}

struct UnknownPath: Error, CustomStringConvertible {
    let name: String

    var description: String {
        "there is no path '\(name)'; the paths are \(paths.keys.sorted().joined(separator: ", "))"
    }
}
