internal import Synchronization

/// The places of the servers of a simulated runtime, so that a report can tell who was there.
package final class PlaceBook: Sendable {
    private struct Entry: Sendable {
        weak let place: (any ManagedPlace)?
    }

    private struct State: Sendable {
        var entries: [Entry] = []
        /// At this size those that are gone are swept out.
        var sweepAt = 64
        var typesWithoutTerminate: Set<ObjectIdentifier> = []
    }

    private let state = Mutex(State())

    package init() {}

    func add(_ place: any ManagedPlace) {
        state.withLock { state in
            if state.entries.count >= state.sweepAt {
                state.entries.removeAll { $0.place == nil }
                state.sweepAt = max(64, 2 * state.entries.count)
            }
            state.entries.append(Entry(place: place))
        }
    }

    /// The servers of that type have no clean-up of their own, as has turned out in this simulation. Unlike what a runtime
    /// knows, this is never forgotten, since whether it is known decides what the simulation does.
    func noteWithoutTerminate(_ type: Any.Type) {
        state.withLock { _ = $0.typesWithoutTerminate.insert(ObjectIdentifier(type)) }
    }

    func isWithoutTerminate(_ type: Any.Type) -> Bool {
        state.withLock { $0.typesWithoutTerminate.contains(ObjectIdentifier(type)) }
    }

    private var places: [any ManagedPlace] {
        state.withLock { $0.entries }.compactMap { $0.place }
    }

    private var roots: [any ManagedPlace] {
        places.filter { $0.parent.path == nil && $0.isStanding }
    }

    /// The trees that have not ended, as they are now. Nobody is asked, so this works also when nobody can answer.
    package var trees: [TreeSnapshot] {
        let places = places.filter { $0.isStanding }
        return places.filter { $0.parent.path == nil }.map { tree(below: $0, among: places) }
    }

    private func tree(below place: any ManagedPlace, among places: [any ManagedPlace]) -> TreeSnapshot {
        let children = places.filter { $0.parent.path != nil && $0.parent.supervisor === place }
        return TreeSnapshot(
            id: place.ownID,
            path: place.path,
            kind: "\(place.kind)",
            strategy: nil,
            status: place.isBusy ? "\(place.status), at work" : "\(place.status)",
            restarts: max(0, place.incarnation - 1),
            zombies: 0,
            mailboxDepth: place.depth,
            children: children.map { tree(below: $0, among: places) }
        )
    }

    /// Asks all trees to end, and gives how many there were.
    @discardableResult
    package func stopAll() -> Int {
        let roots = roots
        for root in roots { root.stop(.shutdown, now: root.runtime.now)?.spawn() }
        return roots.count
    }
}

extension ManagedPlace {
    /// Whether somebody lives here, or will.
    fileprivate var isStanding: Bool {
        if case .stopped = status { return false }
        return true
    }
}
