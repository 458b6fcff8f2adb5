internal import Synchronization

/// The circuits of a server by service, found by the hash that each ``ServiceName`` carries.
///
/// A dictionary would hash that hash again on every call, which takes longer than all the rest of finding a circuit.
/// Open addressing with linear probing; never more than half full, so that a run of taken buckets is short; a removal
/// moves those after it back, so that no marks of former entries pile up.
struct CircuitMap {
    private var buckets: [Circuit?] = [nil, nil]
    private(set) var count = 0

    private var mask: Int { buckets.count - 1 }

    subscript(service: ServiceName) -> Circuit? {
        let mask = mask
        var index = service.textHash & mask
        while let circuit = buckets[index] {
            if circuit.service == service { return circuit }
            index = (index + 1) & mask
        }
        return nil
    }

    /// The same, for whoever is done with it before the map changes.
    @inline(__always)
    func unretained(_ service: ServiceName) -> Unmanaged<Circuit>? {
        buckets.withUnsafeBufferPointer { buckets in
            let mask = buckets.count - 1
            var index = service.textHash & mask
            while let circuit = buckets[index].map(Unmanaged.passUnretained) {
                if circuit._withUnsafeGuaranteedRef({ $0.service == service }) { return circuit }
                index = (index + 1) & mask
            }
            return nil
        }
    }

    /// In no order that would be the same in another process.
    var circuits: [Circuit] { buckets.compactMap(\.self) }

    /// By name.
    var sorted: [Circuit] { circuits.sorted { $0.service.rawValue < $1.service.rawValue } }

    /// Adds a circuit whose service has none.
    mutating func insert(_ circuit: Circuit) {
        if 2 * (count + 1) > buckets.count { grow() }
        place(circuit)
        count += 1
    }

    /// Puts a circuit in the place of the one of the same service.
    mutating func replace(with circuit: Circuit) {
        var index = circuit.service.textHash & mask
        while let former = buckets[index] {
            if former.service == circuit.service {
                buckets[index] = circuit
                return
            }
            index = (index + 1) & mask
        }
    }

    /// Takes out the circuit that has not been used for longest, of those that nobody misses (B23). It is retired then.
    mutating func evictLongestIdle() -> Circuit? {
        let byAge = circuits.map { ($0, $0.lastUse.load(ordering: .relaxed)) }.sorted { $0.1 < $1.1 }
        return byAge.first { $0.0.retireIfIdle() }.flatMap { remove($0.0.service) }
    }

    mutating func remove(_ service: ServiceName) -> Circuit? {
        var hole = service.textHash & mask
        while let circuit = buckets[hole], circuit.service != service { hole = (hole + 1) & mask }
        guard let removed = buckets[hole] else { return nil }
        var index = (hole + 1) & mask
        while let circuit = buckets[index] {
            // It may move into the hole unless that lies before the bucket where its own search begins.
            let distanceFromHome = (index - circuit.service.textHash) & mask
            let distanceFromHole = (index - hole) & mask
            if distanceFromHome >= distanceFromHole {
                buckets[hole] = circuit
                hole = index
            }
            index = (index + 1) & mask
        }
        buckets[hole] = nil
        count -= 1
        return removed
    }

    private mutating func grow() {
        let circuits = circuits
        buckets = [Circuit?](repeating: nil, count: 2 * buckets.count)
        for circuit in circuits { place(circuit) }
    }

    private mutating func place(_ circuit: Circuit) {
        var index = circuit.service.textHash & mask
        while buckets[index] != nil { index = (index + 1) & mask }
        buckets[index] = circuit
    }
}

/// The order in which circuits were last used.
///
/// Only a use of another circuit than the one used before is written down, so that many calls of one service write
/// nothing that they share.
struct CircuitUses: ~Copyable, Sendable {
    private let latest = Atomic<UInt>(0)
    private let count = Atomic<UInt64>(0)

    @inline(__always)
    func note(_ circuit: Circuit) {
        let id = UInt(bitPattern: ObjectIdentifier(circuit))
        if latest.load(ordering: .relaxed) != id { noteAnother(circuit) }
    }

    /// Another circuit than the one before is used: always so of a new one, which may be where a former one was.
    func noteAnother(_ circuit: Circuit) {
        let id = UInt(bitPattern: ObjectIdentifier(circuit))
        latest.store(id, ordering: .relaxed)
        circuit.lastUse.store(count.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
    }
}
