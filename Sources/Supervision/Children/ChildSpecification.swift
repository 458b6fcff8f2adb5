/// What describes a child: a ``Child`` or a ``Worker``, and what is asked for of it beside the basics.
///
/// ```swift
/// Child(.orders) { Orders() }
///     .crashes { $0 is DatabaseError }
/// ```
///
/// Each of the functions below gives a changed copy.
public protocol ChildSpecification: Sendable {
    /// The child that is described.
    var child: Child { get }
}

extension ChildSpecification {
    /// Errors of a call's body that end the incarnation, as if a message had thrown them (S10).
    ///
    /// An error that a call throws goes to its caller and leaves the server running. Where it means that the server
    /// itself has broken, say so here: its caller then gets ``ServerError/exited(_:)`` and the supervisor restarts it.
    ///
    /// - Parameter isCrash: whether the error is such a one. It is asked on the server, so it should be quick.
    public func crashes(on isCrash: @escaping @Sendable (any Error) -> Bool) -> Child {
        child.with { $0.isCrash = isCrash }
    }
}
