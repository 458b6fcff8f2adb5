/// What an integration puts around the code of servers: values that belong to the task, spans, the time that it takes.
///
/// It is asked off the hot paths alone: a mailbox whose runtime has one lets nobody visit its server by the gate, so that
/// calls and messages take longer ways, and a runtime that has none pays nothing. Supervisors have none around them.
package protocol Surroundings: Sendable {
    /// Runs one of the tasks of a server: its start, its turns, its clean-up, or work beside its mailbox.
    func runTask<Value, Failure: Error>(
        of server: SurroundedServer,
        _ task: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value

    /// Runs the caller's side of a call.
    ///
    /// - Parameter send: makes the call, whose body is to run in what it is given.
    func runCall<Value: Sendable>(
        of server: SurroundedServer,
        _ send: (any SurroundedCall) async throws -> Value
    ) async throws -> Value

    /// A server was at a message for that long.
    func handledMessage(at server: SurroundedServer, in time: Duration)
}

/// The server's side of a call. The life that takes it need not be the one that the server was in when it was sent (S2).
package protocol SurroundedCall: Sendable {
    /// Runs a body that does not suspend.
    func run<Value, Failure: Error>(
        in incarnation: Int,
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value
    /// Runs a body that may suspend.
    func run<Value, Failure: Error>(
        in incarnation: Int,
        _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value
}

/// Whose code it is.
package struct SurroundedServer: Sendable {
    /// Where the server stands in the tree.
    package let path: String
    /// Its id within its supervisor.
    package let id: ChildID
    /// What kind of child it is.
    package let kind: ChildKind
    /// The number of its life; of the latest when it is between two.
    package var incarnation: Int
}
