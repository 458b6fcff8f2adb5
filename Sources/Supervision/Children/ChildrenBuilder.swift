/// Lists children in the order in which they are started. `if`, `switch` and `for` may stand between them.
@resultBuilder
public enum ChildrenBuilder {
    /// A child.
    public static func buildExpression(_ child: Child) -> [Child] { [child] }
    /// A worker.
    public static func buildExpression(_ worker: Worker) -> [Child] { [worker.child] }
    /// Children that start at the same time.
    public static func buildExpression(_ together: Together) -> [Child] { together.children }
    /// Children that were listed elsewhere.
    public static func buildExpression(_ children: [Child]) -> [Child] { children }
    /// One after the other.
    public static func buildBlock(_ parts: [Child]...) -> [Child] {
        // Not copied where there is but one part, as in the body of a loop.
        parts.count == 1 ? parts[0] : parts.flatMap { $0 }
    }
    /// `if` without `else`.
    public static func buildOptional(_ part: [Child]?) -> [Child] { part ?? [] }
    /// The first branch of `if` or `switch`.
    public static func buildEither(first: [Child]) -> [Child] { first }
    /// The other branch.
    public static func buildEither(second: [Child]) -> [Child] { second }
    /// `for`.
    public static func buildArray(_ parts: [[Child]]) -> [Child] { parts.flatMap { $0 } }
    /// `if #available`.
    public static func buildLimitedAvailability(_ part: [Child]) -> [Child] { part }
}
