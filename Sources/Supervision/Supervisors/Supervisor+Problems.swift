extension Supervisor {
    /// All that is wrong with its settings and its children, found without starting anything; empty when it can be
    /// started (R8).
    ///
    /// ```swift
    /// #expect(makeApplication().problems.isEmpty)
    /// ```
    ///
    /// Each is a ``SupervisorError/invalid(field:value:expected:)``, of which the start would throw the first. Nested
    /// supervisors are not looked into, as only their start makes them.
    public nonisolated var problems: [SupervisorError] {
        SpecificationCheck.problems(of: intensity, "intensity.")
            + SpecificationCheck.problems(of: specifications, autoShutdown)
    }

    /// All that is wrong with `children` as the children of one supervisor, found without starting anything (R8).
    ///
    /// - Parameters:
    ///   - autoShutdown: the supervisor's; nil to leave out what depends on it.
    ///   - children: the children. What this closure throws is thrown.
    public static func problems(
        autoShutdown: AutoShutdown? = nil,
        @ChildrenBuilder children: @Sendable () throws -> [Child]
    ) rethrows -> [SupervisorError] {
        SpecificationCheck.problems(of: try children(), autoShutdown)
    }
}
