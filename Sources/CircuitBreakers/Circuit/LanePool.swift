internal import Synchronization

/// The lanes of the circuits of a table. Their memory stays lanes until the table is gone, so that a call may look at one
/// without anything that keeps the circuit: see ``FastLane``.
///
/// As many are made as there were circuits at once, in slabs, and never fewer.
final class LanePool: Sendable {
    private static var slab: Int { 64 }
    /// Bytes that a processor fetches at once, on most.
    private static var lineOfMemory: Int { 64 }

    private struct Stock {
        var slabs: [FastLaneRef] = []
        /// Of the last slab.
        var used = LanePool.slab
        var returned: [FastLaneRef] = []
    }

    private let stock = Mutex(Stock())

    deinit {
        // Circuits keep their table, and that keeps this: there is nobody left who has a lane.
        stock.withLock { stock in
            for (index, slab) in stock.slabs.enumerated() {
                slab.pointer.deinitialize(count: index == stock.slabs.count - 1 ? stock.used : Self.slab)
                // As it was allocated, which a pointer to lanes would not be.
                UnsafeMutableRawPointer(slab.pointer).deallocate()
            }
        }
    }

    /// A lane that is closed and nobody else's.
    func take() -> FastLaneRef {
        stock.withLock { stock in
            if let lane = stock.returned.popLast() { return lane }
            if stock.used == Self.slab {
                stock.slabs.append(FastLaneRef(Self.allocate()))
                stock.used = 0
            }
            // There is a last one now.
            let lane = stock.slabs[stock.slabs.count - 1].pointer + stock.used
            lane.initialize(to: FastLane())
            stock.used += 1
            return FastLaneRef(lane)
        }
    }

    /// Takes back a lane whose circuit is gone. It is closed.
    func giveBack(_ lane: FastLaneRef) {
        stock.withLock { $0.returned.append(lane) }
    }

    /// Each lane lies in a line of memory of its own.
    private static func allocate() -> UnsafeMutablePointer<FastLane> {
        UnsafeMutableRawPointer
            .allocate(byteCount: slab * MemoryLayout<FastLane>.stride, alignment: lineOfMemory)
            .bindMemory(to: FastLane.self, capacity: slab)
    }
}

/// A lane of a pool.
@usableFromInline
struct FastLaneRef: Equatable, @unchecked Sendable {
    // A lane may be used by all threads, and a pool's lasts as long as the pool.
    let pointer: UnsafeMutablePointer<FastLane>

    init(_ pointer: UnsafeMutablePointer<FastLane>) { self.pointer = pointer }

    /// The circuit whose lane it is, for those who keep that from going.
    var circuit: Unmanaged<Circuit> {
        // A lane is occupied before anybody has it.
        pointer.pointee.occupant!
    }
}
