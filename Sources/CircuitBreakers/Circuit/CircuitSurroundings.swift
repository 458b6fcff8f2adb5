internal import Supervision

/// What the circuits of an incarnation of a server have in common.
final class CircuitSurroundings: Sendable {
    let table: CircuitTable
    let runtime: Runtime
    let feed: CircuitEventFeed

    init(table: CircuitTable, runtime: Runtime, feed: CircuitEventFeed) {
        self.table = table
        self.runtime = runtime
        self.feed = feed
    }
}
