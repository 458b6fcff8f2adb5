/// The circuits of a server by service, found by the hash that each ``ServiceName`` carries.
///
/// A dictionary would hash that hash again on every call, which takes longer than all the rest of finding a circuit.
/// Open addressing with linear probing; never more than half full, so that a run of taken buckets is short; a removal
/// moves those after it back, so that no marks of former entries pile up.
struct CircuitMap {
    private var buckets: [Circuit?] = [nil, nil]
    /// When each was last used, in the order of the buckets: which use of all uses it was.
    private var uses: [UInt64] = [0, 0]
    private var lastUse: UInt64 = 0
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

    /// The circuit of a service, which is being used.
    mutating func use(_ service: ServiceName) -> Circuit? {
        let mask = mask
        var index = service.textHash & mask
        while let circuit = buckets[index] {
            if circuit.service == service {
                lastUse &+= 1
                uses[index] = lastUse
                return circuit
            }
            index = (index + 1) & mask
        }
        return nil
    }

    var circuits: [Circuit] { buckets.compactMap(\.self) }

    /// Adds a circuit whose service has none.
    mutating func insert(_ circuit: Circuit) {
        if 2 * (count + 1) > buckets.count { grow() }
        lastUse &+= 1
        place(circuit, use: lastUse)
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
        let byAge = buckets.indices.filter { buckets[$0] != nil }.sorted { uses[$0] < uses[$1] }
        for index in byAge {
            guard let circuit = buckets[index], circuit.retireIfIdle() else { continue }
            return remove(circuit.service)
        }
        return nil
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
                uses[hole] = uses[index]
                hole = index
            }
            index = (index + 1) & mask
        }
        buckets[hole] = nil
        count -= 1
        return removed
    }

    private mutating func grow() {
        let former = zip(buckets, uses).map { ($0, $1) }
        buckets = [Circuit?](repeating: nil, count: 2 * buckets.count)
        uses = [UInt64](repeating: 0, count: buckets.count)
        for case (let circuit?, let use) in former { place(circuit, use: use) }
    }

    private mutating func place(_ circuit: Circuit, use: UInt64) {
        var index = circuit.service.textHash & mask
        while buckets[index] != nil { index = (index + 1) & mask }
        buckets[index] = circuit
        uses[index] = use
    }
}
