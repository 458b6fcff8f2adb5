/// Where the running code stands in the tree, who has started it, and for whom (R88).
///
/// ```swift
/// let task = try await tasks.async {
///     print(TaskLineage.current?.callers ?? [])      // ["app/orders"]
/// }
/// ```
///
/// It is known in a supervised task, in a worker, and while a server handles something, and in the tasks that such code
/// starts in turn. Use it to say in a log on whose behalf something happens.
public struct TaskLineage: Sendable, Hashable {
    /// The path of the task, worker or server that the code belongs to.
    public let path: String
    /// The paths of those who asked for the task: the one who did, then whoever had asked for that one, and so on. Empty
    /// for servers and workers, which nobody but their supervisor starts.
    public let callers: [String]

    /// The paths of its supervisor, of the supervisor's supervisor, and so on up to the root.
    public var ancestors: [String] {
        var parts = path.split(separator: "/")
        return (0..<max(0, parts.count - 1)).map { _ in
            parts.removeLast()
            return parts.joined(separator: "/")
        }
    }

    /// That of the code that asks; nil outside of every tree.
    public static var current: TaskLineage? {
        TaskOwner.current.map { TaskLineage(path: $0.place.path, callers: $0.callers) }
    }
}
