internal import Synchronization

/// The circuits of a table by service, found by the hash that each ``ServiceName`` carries. It keeps them.
///
/// A dictionary would hash that hash again on every call, which takes longer than all the rest of finding a circuit.
/// Open addressing with linear probing; never more than half full, so that a run of taken buckets is short; a removal
/// moves those after it back, so that no marks of former entries pile up.
///
/// **Who may do what.** The table lets nobody else in who changes the map, and keeps those who look for a circuit out
/// meanwhile. Only ``enter(_:)`` and ``reject(_:)`` may be called at any time. So a bucket refers to a circuit by its
/// lane, which stays where it is when the circuit is gone, and buckets stay where they are when there are more of them:
/// the first few are one segment, and each one that is added has as many as all before it. Whoever takes a circuit out
/// sees to it that it is retired: after that nobody gets in.
struct CircuitMap: ~Copyable, @unchecked Sendable {
    // The pointers are never changed but for those of segments, which are set once, and freed with the map. What they
    // point at is atomic.
    private typealias Bucket = Atomic<UnsafeMutablePointer<FastLane>?>

    private static var firstBits: Int { 6 }
    private static var firstCount: Int { 1 << firstBits }
    /// So many that the last one could not be had.
    private static var segmentCount: Int { 40 }
    /// How many buckets a call looks at that has nothing to keep the map from changing.
    private static var glances: Int { 8 }

    private let first = Self.allocate(firstCount)
    /// Those after the first, each with as many buckets as there are before it: `firstCount << number`.
    private let segments = UnsafeMutablePointer<Atomic<UnsafeMutablePointer<Bucket>?>>.allocate(capacity: segmentCount)
    private let lastIndex = Atomic<Int>(1)
    private let circuitCount = Atomic<Int>(0)

    init() {
        for number in 0..<Self.segmentCount { (segments + number).initialize(to: Atomic(nil)) }
    }

    deinit {
        removeAll()
        Self.deallocate(first, Self.firstCount)
        for number in 0..<Self.segmentCount {
            if let segment = segments[number].load(ordering: .relaxed) {
                Self.deallocate(segment, Self.firstCount << number)
            }
        }
        segments.deinitialize(count: Self.segmentCount)
        segments.deallocate()
    }

    private static func allocate(_ count: Int) -> UnsafeMutablePointer<Bucket> {
        let buckets = UnsafeMutablePointer<Bucket>.allocate(capacity: count)
        for index in 0..<count { (buckets + index).initialize(to: Atomic(nil)) }
        return buckets
    }

    private static func deallocate(_ buckets: UnsafeMutablePointer<Bucket>, _ count: Int) {
        buckets.deinitialize(count: count)
        buckets.deallocate()
    }
}

// MARK: - Calls

extension CircuitMap {
    /// Lets a call through by the lane of its service's circuit. Nil when that takes a closer look. At any time, also
    /// while the map is being changed.
    @inline(__always)
    func enter(_ service: ServiceName) -> CircuitEntrance? {
        glance(at: service) { lane, spelling in
            lane.pointer.pointee.enter(spelling).map { CircuitEntrance(lane, $0) }
        }
    }

    /// Rejects a call by the lane of its service's circuit. Nil when that takes a closer look. At any time, also while
    /// the map is being changed.
    @inline(__always)
    func reject(_ service: ServiceName) -> (by: FastLaneRef, CircuitMachine.OpenRejection)? {
        glance(at: service) { lane, spelling in
            lane.pointer.pointee.reject(spelling).map { (by: lane, $0) }
        }
    }

    /// What comes of the first lane that something comes of, of those that may be the service's.
    @inline(__always)
    private func glance<Result>(
        at service: ServiceName,
        _ body: (FastLaneRef, ServiceName.Spelling) -> Result?
    ) -> Result? {
        guard let spelling = service.spelling else { return nil }
        let mask = lastIndex.load(ordering: .acquiring)
        var index = service.textHash & mask
        for _ in 0..<Self.glances {
            guard let lane = bucket(index).pointee.load(ordering: .acquiring) else { return nil }
            if let result = body(FastLaneRef(lane), spelling) { return result }
            index = (index + 1) & mask
        }
        return nil
    }

    /// The circuit of a service, for whoever is done with it before the map changes.
    @inline(__always)
    func unretained(_ service: ServiceName) -> Unmanaged<Circuit>? {
        let mask = mask
        var index = service.textHash & mask
        while let lane = bucket(index).pointee.load(ordering: .acquiring), let circuit = lane.pointee.occupant {
            // As a rule it is spelled in the same way, and the circuit itself need not be looked at.
            if let spelling = service.spelling, lane.pointee.isOf(spelling) { return circuit }
            if circuit._withUnsafeGuaranteedRef({ $0.service == service }) { return circuit }
            index = (index + 1) & mask
        }
        return nil
    }

    subscript(service: ServiceName) -> Circuit? { unretained(service)?.takeUnretainedValue() }
}

// MARK: - Changes

extension CircuitMap {
    var count: Int { circuitCount.load(ordering: .relaxed) }

    /// In no order that would be the same in another process.
    var circuits: [Circuit] { (0...mask).compactMap { self[$0]?.takeUnretainedValue() } }

    /// By name.
    var sorted: [Circuit] { circuits.sorted { $0.service.rawValue < $1.service.rawValue } }

    /// Adds a circuit whose service has none.
    func insert(_ circuit: Circuit) {
        if 2 * (count + 1) > mask + 1 { grow() }
        // Released when it is taken out.
        place(Unmanaged.passRetained(circuit))
        circuitCount.wrappingAdd(1, ordering: .relaxed)
    }

    /// Puts a circuit in the place of the one of the same service.
    func replace(with circuit: Circuit) {
        var index = circuit.service.textHash & mask
        while let former = self[index] {
            if former._withUnsafeGuaranteedRef({ $0.service == circuit.service }) {
                set(index, Unmanaged.passRetained(circuit))
                former.release()
                return
            }
            index = (index + 1) & mask
        }
    }

    /// Takes out the circuit that has not been used for longest, of those that nobody misses (B23). It is retired then.
    func evictLongestIdle() -> Circuit? {
        let lastUses = circuits.map { ($0, $0.lane.pointer.pointee.lastUse.load(ordering: .relaxed)) }
        let byAge = lastUses.sorted { $0.1 < $1.1 }
        return byAge.first { $0.0.retireIfIdle() }.flatMap { remove($0.0.service) }
    }

    func remove(_ service: ServiceName) -> Circuit? {
        let mask = mask
        var hole = service.textHash & mask
        while let circuit = self[hole], circuit._withUnsafeGuaranteedRef({ $0.service != service }) {
            hole = (hole + 1) & mask
        }
        guard let removed = self[hole] else { return nil }
        var index = (hole + 1) & mask
        while let circuit = self[index] {
            // It may move into the hole unless that lies before the bucket where its own search begins.
            let home = circuit._withUnsafeGuaranteedRef { $0.service.textHash }
            if (index - home) & mask >= (index - hole) & mask {
                set(hole, circuit)
                hole = index
            }
            index = (index + 1) & mask
        }
        set(hole, nil)
        circuitCount.wrappingSubtract(1, ordering: .relaxed)
        return removed.takeRetainedValue()
    }

    /// Takes out all circuits.
    @discardableResult
    func removeAll() -> [Circuit] {
        defer {
            circuitCount.store(0, ordering: .relaxed)
            lastIndex.store(1, ordering: .releasing)
        }
        return takeAll().map { $0.takeRetainedValue() }
    }

    private func grow() {
        let circuits = takeAll()
        let count = mask + 1
        if count >= Self.firstCount {
            let number = count.trailingZeroBitCount - Self.firstBits
            if segments[number].load(ordering: .relaxed) == nil {
                segments[number].store(Self.allocate(count), ordering: .releasing)
            }
        }
        lastIndex.store(2 * count - 1, ordering: .releasing)
        for circuit in circuits { place(circuit) }
    }

    private func takeAll() -> [Unmanaged<Circuit>] {
        (0...mask).compactMap { index in
            defer { set(index, nil) }
            return self[index]
        }
    }

    private func place(_ circuit: Unmanaged<Circuit>) {
        var index = circuit._withUnsafeGuaranteedRef { $0.service.textHash } & mask
        while self[index] != nil { index = (index + 1) & mask }
        set(index, circuit)
    }
}

// MARK: - Buckets

extension CircuitMap {
    private var mask: Int { lastIndex.load(ordering: .relaxed) }

    @inline(__always)
    private func bucket(_ index: Int) -> UnsafeMutablePointer<Bucket> {
        if index < Self.firstCount { return first + index }
        // The highest bit of an index tells its segment, the others where in there.
        let highest = Int.bitWidth - 1 - index.leadingZeroBitCount
        // Set before there are such indices.
        let segment = segments[highest - Self.firstBits].load(ordering: .acquiring)!
        return segment + (index - (1 << highest))
    }

    @inline(__always)
    private subscript(index: Int) -> Unmanaged<Circuit>? {
        bucket(index).pointee.load(ordering: .acquiring).flatMap { $0.pointee.occupant }
    }

    private func set(_ index: Int, _ circuit: Unmanaged<Circuit>?) {
        let lane = circuit.map { $0._withUnsafeGuaranteedRef { $0.lane.pointer } }
        bucket(index).pointee.store(lane, ordering: .releasing)
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
    func note(_ lane: FastLaneRef) {
        if latest.load(ordering: .relaxed) != UInt(bitPattern: lane.pointer) { noteAnother(lane) }
    }

    /// Another circuit than the one before is used: always so of a new one, whose lane may be that of a former one.
    func noteAnother(_ lane: FastLaneRef) {
        latest.store(UInt(bitPattern: lane.pointer), ordering: .relaxed)
        lane.pointer.pointee.lastUse.store(count.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
    }
}
