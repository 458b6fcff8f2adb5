/// Lists children in the order in which they are started. `if`, `switch` and `for` may stand between them.
@resultBuilder
public enum ChildrenBuilder {
    public static func buildExpression(_ child: Child) -> [Child] { [child] }
    public static func buildExpression(_ worker: Worker) -> [Child] { [worker.child] }
    public static func buildExpression(_ children: [Child]) -> [Child] { children }
    public static func buildBlock(_ parts: [Child]...) -> [Child] { parts.flatMap { $0 } }
    public static func buildOptional(_ part: [Child]?) -> [Child] { part ?? [] }
    public static func buildEither(first: [Child]) -> [Child] { first }
    public static func buildEither(second: [Child]) -> [Child] { second }
    public static func buildArray(_ parts: [[Child]]) -> [Child] { parts.flatMap { $0 } }
    public static func buildLimitedAvailability(_ part: [Child]) -> [Child] { part }
}
