internal import Synchronization

/// Which partition serves which key. Read from anywhere, without a hop to the supervisor.
final class PartitionRoutes<Partition: GenServer>: Sendable {
    private struct State: Sendable {
        /// All that there can be; empty before the start and after the end.
        var places: [ServerPlace<Partition>] = []
        /// How many of them serve keys now: the first ones.
        var count = 0
        /// How many changes of the number have begun.
        var changes = 0
    }

    private let state = Mutex(State())

    func open(_ places: [ServerPlace<Partition>]) {
        state.withLock { $0 = State(places: places, count: places.count) }
    }

    func close() {
        // Returned out of the lock, so that what goes with it is freed outside.
        _ = state.withLock { state in
            let former = state
            state = State()
            return former
        }
    }

    /// A change to that number begins: no key leads any more to a partition that will be stopped. Gives the number of the
    /// change.
    func beginChange(to count: Int) -> Int {
        state.withLock { state in
            state.count = min(state.count, count)
            state.changes += 1
            return state.changes
        }
    }

    /// All partitions of the change are there now, and keys are spread over them, unless another change has begun.
    func endChange(_ change: Int, to count: Int) {
        state.withLock { state in
            if state.changes == change { state.count = count }
        }
    }

    /// The partitions that serve keys, in order.
    var places: [ServerPlace<Partition>] {
        state.withLock { Array($0.places.prefix($0.count)) }
    }

    enum Route {
        case to(ServerPlace<Partition>)
        /// The number of partitions is 0 now.
        case none
        /// Its supervisor does not run.
        case closed
    }

    func route(for key: PartitionKey) -> Route {
        state.withLock { state in
            if state.places.isEmpty { return .closed }
            return state.count == 0 ? .none : .to(state.places[key.number(below: state.count)])
        }
    }
}

/// What a key is to the choice of a partition.
struct PartitionKey {
    private let number: UInt64

    /// A whole number goes by remainder; its sign does not matter.
    init(_ key: some BinaryInteger) {
        number = UInt64(truncatingIfNeeded: key.magnitude)
    }

    /// Anything else goes by hash, which stays the same within the process.
    init(_ key: some Hashable) {
        // Also where the compiler does not know that it is a number.
        if let key = key as? any BinaryInteger {
            self = PartitionKey(key)
        } else if Runtime.current.interference == nil {
            self.init(UInt(bitPattern: key.hashValue))
        } else {
            // Hashes are others in each process, and a simulation is to be the same in all of them: by FNV-1a of the text.
            self.init("\(key)".utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
        }
    }

    func number(below count: Int) -> Int {
        Int(number % UInt64(count))
    }
}

/// A change of the number of partitions: it is done when each of its steps is.
final class PartitionChange<Partition: GenServer>: Sendable {
    private let routes: PartitionRoutes<Partition>
    private let number: Int
    private let count: Int
    private let state: Mutex<(steps: Int, failure: (any Error)?)>
    private let reply: Reply<Void>

    init(_ routes: PartitionRoutes<Partition>, to count: Int, steps: Int, _ reply: Reply<Void>) {
        self.routes = routes
        self.count = count
        self.reply = reply
        number = routes.beginChange(to: count)
        state = Mutex((steps, nil))
    }

    /// One partition was started or stopped, or was so already.
    func stepEnded(_ result: Result<ChildStart?, any Error>) {
        let end = state.withLock { state -> Result<Void, any Error>? in
            state.steps -= 1
            if let failure = result.partitionFailure { state.failure = state.failure ?? failure }
            guard state.steps == 0 else { return nil }
            return state.failure.map { .failure($0) } ?? .success(())
        }
        switch end {
        case .success:
            routes.endChange(number, to: count)
            reply()
        case .failure(let error): reply(throwing: error)
        case nil: break
        }
    }
}

extension Result<ChildStart?, any Error> {
    /// What has failed, if anything; that a partition runs already, or is being restarted, is as it should be.
    fileprivate var partitionFailure: (any Error)? {
        guard case .failure(let error) = self else { return nil }
        switch error as? SupervisorError {
        case .running, .restarting: return nil
        default: return error
        }
    }
}
