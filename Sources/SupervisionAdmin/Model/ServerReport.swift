#if Admin
/// A server as `GET /servers/{path}` tells of it.
package struct ServerReport: Sendable, Codable, Hashable {
    package var path: String
    /// The type of a server; `worker`, or a kind of supervisor.
    package var kind: String
    package var status: String
    package var condition: TreeNode.Condition
    package var mailboxDepth: Int
    /// Whether it handles nothing but requests of operators.
    package var isSuspended: Bool
    package var restarts: Int
    /// How long its present incarnation has been running; nil when none is.
    package var uptimeMilliseconds: Int64?
    /// What was noted since it has been observed; nil when it is not.
    package var observed: Observed?
    /// The last messages by their types, the oldest first; none when it is not observed.
    package var messages: [Message]

    package struct Observed: Sendable, Codable, Hashable {
        package var milliseconds: Int64
        package var received: Int
        package var refused: Int
        package var handled: Int
        package var failed: Int
        package var millisecondsInHandlers: Int64
        package var highWater: Int
    }

    package struct Message: Sendable, Codable, Hashable {
        /// How it came, and its type: `cast Counter.Message`, `call for Int`.
        package var message: String
        /// How long ago it was begun.
        package var agoMilliseconds: Int64
        package var tookMicroseconds: Int64
        /// Whether it has ended the incarnation.
        package var endedServer: Bool
    }
}
#endif
