/// Throw it from a child's start function or from its `started` when the child has nothing to do and is not to run.
///
/// ```swift
/// Child("mailer") {
///     guard let settings = Settings.mail else { throw Ignore() }
///     return Mailer(settings)
/// }
/// ```
///
/// That is no failure (R12): the supervisor keeps the child's specification, with no process, and goes on with the next
/// child. It drops a temporary child. Nothing is tried again, also when it was a restart that said so; `restartChild`
/// asks anew. When the start is told to be through, the child's name is free (G1). To whoever waits for the child it
/// has ended with ``ExitReason/normal``.
///
/// Thrown from anywhere else it is an error like all others.
public struct Ignore: Error, CustomStringConvertible {
    /// Nothing to do.
    public init() {}

    public var description: String { "ignore: there is nothing to do" }
}
