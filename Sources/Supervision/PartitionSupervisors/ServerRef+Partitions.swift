extension ServerRef {
    /// The partition that serves `key`: a whole number leads to the partition with that remainder, whatever its sign.
    ///
    /// ```swift
    /// let total = try await ServerRef(.carts).ref(for: user.id).call { $0.total }
    /// ```
    ///
    /// Look it up anew for each use, which is quick: it asks no actor. A reference that is kept leads to the same partition
    /// after a change of their number, and nowhere when the partition supervisor itself has been restarted.
    ///
    /// - Throws: ``SupervisorError/noPartitions(_:)`` while the number of partitions is 0 (R89);
    ///   ``ServerError/notRunning(_:)`` while the partition supervisor is not running, or is being restarted.
    public func ref<Partition: GenServer>(
        for key: some BinaryInteger
    ) throws -> ServerRef<Partition> where Server == PartitionSupervisor<Partition> {
        try ref(for: PartitionKey(key))
    }

    /// The partition that serves `key`: one and the same for equal keys, as long as the number of partitions stays and the
    /// process lives. See ``ref(for:)-(BinaryInteger)``.
    ///
    /// - Throws: as that.
    public func ref<Partition: GenServer>(
        for key: some Hashable
    ) throws -> ServerRef<Partition> where Server == PartitionSupervisor<Partition> {
        try ref(for: PartitionKey(key))
    }

    private func ref<Partition: GenServer>(
        for key: PartitionKey
    ) throws -> ServerRef<Partition> where Server == PartitionSupervisor<Partition> {
        switch try routes().route(for: key) {
        case .to(let place): return ServerRef<Partition>(place: place)
        case .none: throw SupervisorError.noPartitions(label)
        case .closed: throw ServerError.notRunning(label)
        }
    }

    /// The partitions that serve keys now, in order.
    ///
    /// - Throws: ``ServerError/notRunning(_:)``.
    public func partitions<Partition: GenServer>() throws -> [ServerRef<Partition>]
    where Server == PartitionSupervisor<Partition> {
        try routes().places.map { ServerRef<Partition>(place: $0) }
    }

    private func routes<Partition: GenServer>() throws(ServerError) -> PartitionRoutes<Partition>
    where Server == PartitionSupervisor<Partition> {
        let place = try resolve()
        guard let supervisor = place.withState({ $0.server }) else { throw .notRunning(place.label) }
        return supervisor.routes
    }

    /// Changes how many partitions there are, and returns when that is done: new ones run, and those that are too many have
    /// stopped.
    ///
    /// Keys are then spread over the new number, so most of them change their partition. Those that lead to a partition
    /// that is to be stopped lead elsewhere at once.
    ///
    /// - Parameter count: from 0 to the number that the supervisor was made with.
    /// - Throws: ``SupervisorError``: `invalid` for another number, `startFailed` with what the start of a partition threw,
    ///   in which case keys are spread no further than before; `shuttingDown`.
    ///   ``ServerError/callCycle(_:)`` when a partition asks in its own start.
    public func resize<Partition: GenServer>(to count: Int) async throws
    where Server == PartitionSupervisor<Partition> {
        if let path = Turn.current?.cycle(to: try resolve(), awaiting: .change) { throw ServerError.callCycle(path) }
        try await request { (supervisor: isolated Server, reply: Reply<Void>) in
            try supervisor.resize(to: count, reply)
        }
    }

    /// The partitions, newest first (R73). Those that ``resize(to:)`` has stopped are among them.
    public func children<Partition: GenServer>() async throws -> [ChildInfo]
    where Server == PartitionSupervisor<Partition> {
        try await call { $0.residents.map { $0.info } }
    }

    /// How many partitions there are (R74). Those that ``resize(to:)`` has stopped count as `specs`.
    public func counts<Partition: GenServer>() async throws -> ChildCounts
    where Server == PartitionSupervisor<Partition> {
        try await call { $0.counts }
    }

    /// The tree from here down, as it is now.
    public func tree<Partition: GenServer>() async throws -> TreeSnapshot
    where Server == PartitionSupervisor<Partition> {
        try await snapshot()
    }
}
