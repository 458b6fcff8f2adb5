#if Admin
/// A supervisor or one of its children, as `GET /tree` tells of it.
package struct TreeNode: Sendable, Codable, Hashable {
    /// The id within its supervisor; in a dynamic supervisor with a number of its own.
    package var id: String
    /// Where it stands in the tree, which is how it is named in every request.
    package var path: String
    /// The type of a server; `worker`, or a kind of supervisor.
    package var kind: String
    /// The strategy of a supervisor that has one.
    package var strategy: String?
    /// What it is doing, in words: `running`, `restarting (attempt 2)`, `stopped (…)`.
    package var status: String
    /// One word for the status, to choose a colour by.
    package var condition: Condition
    /// How often it has been started again.
    package var restarts: Int
    /// How many of its incarnations were given up and have not ended yet.
    package var zombies: Int
    /// How many messages wait for their turn.
    package var mailboxDepth: Int
    /// How many children it has; nil for what is no supervisor.
    package var childCount: Int?
    /// Some of the children, in start order; nil where the answer does not go as deep, or the supervisor did not answer.
    package var children: [TreeNode]?
    /// The path of the first child that was left out for want of room, to ask for with `from`; nil when none was.
    package var next: String?

    /// What a child is doing, in one word.
    package enum Condition: String, Sendable, Codable, CaseIterable {
        case starting, running, restarting, stopped
    }
}
#endif
