/// Children that do not need each other, and so start at the same time.
///
/// ```swift
/// Supervisor(strategy: .restForOne) {
///     Child(.settings) { Settings() }
///     Together {
///         Child(.database) { Database() }
///         Child(.cache) { Cache() }
///     }
///     Child(.web) { WebServer() }
/// }
/// ```
///
/// The settings run before the database and the cache start; these start side by side, and the web server when both
/// run. A start order is a statement of what depends on what: each child may depend on all that stand before it, but for
/// those in the same `Together` (A2).
///
/// Where it matters: in the first start and in the restart of a group. When one of them fails in the first start, the
/// others are stopped again, those that still start included (R13). When one ends under ``Strategy/restForOne``, the
/// others of its `Together` are left alone, and what stands after it is restarted. Children are always stopped one at a
/// time, in reverse (R50). One `Together` inside another says no more than one alone; chains that are to start side by
/// side are nested supervisors.
public struct Together: Sendable {
    let children: [Child]

    /// Children that start at the same time.
    public init(@ChildrenBuilder children: () throws -> [Child]) rethrows {
        self.children = try children().enumerated().map { position, child in
            var child = child
            child.startsWithPrevious = position > 0
            return child
        }
    }
}
