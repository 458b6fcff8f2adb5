import Dispatch
import Subjects

/// Goes one path very often and does nothing else, for tools that count what a program does: `Steady PATH COUNT`, or
/// `Steady PATH COUNT SIZE` for one that leads to one of so many. Without arguments it names the paths.
@main
struct Main {
    /// Not `async`: the main thread of an asynchronous one parks in a way that valgrind does not survive.
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let name = arguments.first, let count = arguments.dropFirst().first.flatMap({ Int($0) }) else {
            for name in paths.keys.sorted() { print(name) }
            return
        }
        let path: @Sendable () async throws -> Void
        if let size = arguments.dropFirst(2).first.flatMap({ Int($0) }) {
            guard let known = pathsToOneOfMany[name] else {
                throw UnknownPath(name: name, known: Array(pathsToOneOfMany.keys))
            }
            path = { try await known(count, size) }
        } else {
            guard let known = paths[name] else { throw UnknownPath(name: name, known: Array(paths.keys)) }
            path = { try await known(count) }
        }
        let isDone = DispatchSemaphore(value: 0)
        // Unstructured, since the main thread waits for it without a task.
        Task.detached {
            do { try await path() } catch { fatalError("\(name): \(error)") }
            isDone.signal()
        }
        isDone.wait()
    }
}

struct UnknownPath: Error, CustomStringConvertible {
    let name: String
    let known: [String]

    var description: String {
        "there is no such path '\(name)'; those there are: \(known.sorted().joined(separator: ", "))"
    }
}
