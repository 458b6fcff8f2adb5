public import Synchronization

/// What an address by name goes by, whatever the name is looked up in. Kept by the address, so that a name can be looked
/// up long before its server is started.
@usableFromInline
package class NameEntry: @unchecked Sendable {
    // Unchecked because it is not final; it has no state of its own.

    init() {}

    /// The name, for errors.
    @usableFromInline var name: String { "" }

    /// The place that the name leads to now; nil when it leads nowhere.
    @usableFromInline
    func find() throws(ServerError) -> (any AnyObject & Sendable)? { nil }
}

/// The names of a runtime. A name leads to the place of a server in the tree, so it stays valid over restarts (S1).
@usableFromInline
package final class NameTable: Sendable {
    /// What a name leads to. Kept by whoever looks a name up, so that a second look-up costs one lock and no hashing.
    @usableFromInline
    package final class Entry: NameEntry, @unchecked Sendable {
        // Unchecked because the class that it comes from is not final; what can change here has its lock.
        private let text: String
        @usableFromInline let place: Mutex<(any AnyObject & Sendable)?>

        init(name: String) {
            text = name
            place = Mutex(nil)
        }

        override var name: String { text }

        override func find() throws(ServerError) -> (any AnyObject & Sendable)? { place.withLock { $0 } }
    }

    fileprivate struct State {
        var entries: [String: Entry] = [:]
        /// At this size entries that nobody uses are swept out.
        var sweepAt = 64
    }

    private let state = Mutex(State())

    /// The entry of `name`, which may lead nowhere yet.
    func entry(for name: String) -> Entry {
        state.withLock { $0.entry(for: name) }
    }

    /// Makes `name` lead to `place`. False when it leads to another place already.
    func claim(_ name: String, for place: any AnyObject & Sendable) -> Bool {
        entry(for: name).place.withLock { current in
            if let current, current !== place { return false }
            current = place
            return true
        }
    }

    /// Frees `name` if it leads to `place`.
    func release(_ name: String, of place: any AnyObject & Sendable) {
        entry(for: name).place.withLock { current in
            if current === place { current = nil }
        }
        state.withLock { $0.dropIfUnused(name) }
    }

    /// How many names are known: those that lead somewhere, and those that an address has been made for.
    var count: Int { state.withLock(\.entries.count) }
}

extension NameTable.State {
    fileprivate mutating func entry(for name: String) -> NameTable.Entry {
        if let entry = entries[name] { return entry }
        if entries.count >= sweepAt {
            sweep()
        }
        let entry = NameTable.Entry(name: name)
        entries[name] = entry
        return entry
    }

    /// Drops the entries of addresses that are gone and whose names lead nowhere.
    private mutating func sweep() {
        for name in Array(entries.keys) { dropIfUnused(name) }
        sweepAt = max(64, 2 * entries.count)
    }

    /// Drops an entry that leads nowhere and that no address holds. One that is held must stay: a name may be looked up
    /// long before its server is started.
    fileprivate mutating func dropIfUnused(_ name: String) {
        guard var entry = entries.removeValue(forKey: name) else { return }
        if !isKnownUniquelyReferenced(&entry) || entry.place.withLock({ $0 != nil }) {
            entries[name] = entry
        } else if entries.isEmpty, entries.capacity > 1_024 {
            // After a peak a dictionary does not give its memory back by itself.
            entries = [:]
        }
    }
}
