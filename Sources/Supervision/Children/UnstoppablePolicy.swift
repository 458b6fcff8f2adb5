/// What a supervisor does about a child that was given up, because it did not stop when it was asked to (S3).
public enum UnstoppablePolicy: Sendable, Hashable {
    /// It goes on. The child's code still runs, cut off from the rest, and is counted as a zombie until it ends.
    case abandon
    /// The supervisor fails too: it stops its other children and ends with ``SupervisorError/unstoppable(path:)``, so
    /// that its own supervisor restarts it, or the tree ends with that error.
    case escalate
    /// The process is aborted at once, right after the event: nothing else is stopped or cleaned up. For code that must
    /// not run beside its successor, where whatever watches the process starts it again.
    case abortProcess
}

extension ChildSpecification {
    /// What happens when the child does not stop within its shutdown time, or at once with ``Shutdown/brutalKill``, and
    /// has to be given up (S3). By default it is abandoned.
    ///
    /// It does not matter why the child was to stop: on request, with its group, with the whole tree, because its start
    /// took too long or was interrupted, or because the clean-up after its own crash hangs.
    public func whenUnstoppable(_ policy: UnstoppablePolicy) -> Child {
        var child = child
        child.unstoppablePolicy = policy
        return child
    }
}
