extension CallLayer {
    /// Runs `operation` for each item within this layer, until the circuit is open (B32).
    ///
    /// ```swift
    /// let outcome = await CircuitBreaker(.userAPI).callEach(ids, maxConcurrent: 4) { id in
    ///     try await api.user(id)
    /// }
    /// ```
    ///
    /// The batch takes no more items after one was rejected because the circuit is open, or one that it depends on is.
    /// A rejection for want of a probe is that item's own. In a ``CallPolicy`` any of its circuits stops the batch. The
    /// rejection of a circuit that only the operation calls does not, unless the layer is one that is not known to have
    /// a circuit: then any does.
    ///
    /// With a `maxConcurrent` of 1 the items run one after another in the caller's task; with more, in child tasks of
    /// it, so that nothing of the batch is left when this returns. Items that are in flight when the batch stops go on
    /// to their end.
    ///
    /// **Cancellation.** When the caller is cancelled no more items are taken; what was not taken has a
    /// `CancellationError`.
    ///
    /// - Parameters:
    ///   - items: what the operation is run for.
    ///   - maxConcurrent: how many items are in flight at once. 1 or less for one after another.
    ///   - operation: the call, with the item that it is for.
    /// - Returns: the result of each item, in order.
    public func callEach<Item: Sendable, Value: Sendable>(
        _ items: some Sequence<Item>,
        maxConcurrent: Int = 1,
        _ operation: @escaping @Sendable (Item) async throws -> Value
    ) async -> BatchOutcome<Value> {
        let items = Array(items)
        let services = CircuitServices.of(self)
        var machine = BatchMachine<Value>(count: items.count) { services.openCircuit(in: $0) }
        if maxConcurrent <= 1 {
            while !Task.isCancelled, let index = machine.take() {
                machine.ended(index, await outcome(of: items[index], operation))
            }
            return machine.outcome()
        }
        await withTaskGroup(of: (Int, Result<Value, any Error>).self) { group in
            func begin(_ index: Int) {
                group.addTask { (index, await outcome(of: items[index], operation)) }
            }
            for _ in 0..<min(maxConcurrent, items.count) {
                if !Task.isCancelled, let index = machine.take() { begin(index) }
            }
            while let (index, result) = await group.next() {
                machine.ended(index, result)
                if !Task.isCancelled, let next = machine.take() { begin(next) }
            }
        }
        return machine.outcome()
    }

    private func outcome<Item: Sendable, Value: Sendable>(
        of item: Item,
        _ operation: @escaping @Sendable (Item) async throws -> Value
    ) async -> Result<Value, any Error> {
        do { return .success(try await call { try await operation(item) }) } catch { return .failure(error) }
    }
}

/// The services whose circuits a layer goes through.
enum CircuitServices {
    case known(Set<ServiceName>)
    /// It is some layer of the user's.
    case unknown

    static func of(_ layer: any CallLayer) -> CircuitServices {
        let services = all(in: layer)
        return services.isEmpty ? .unknown : .known(services)
    }

    private static func all(in layer: any CallLayer) -> Set<ServiceName> {
        switch layer {
        case let breaker as CircuitBreaker: [breaker.service]
        case let policy as CallPolicy: policy.layers.reduce(into: []) { $0.formUnion(all(in: $1)) }
        default: []
        }
    }

    /// The rejection of one of these circuits that an error is or wraps, if that one is open.
    func openCircuit(in error: any Error) -> CircuitBreakerError? {
        for layer in ErrorLayers(error) {
            guard let rejection = layer as? CircuitBreakerError, rejection.isOpen else { continue }
            switch self {
            case .unknown: return rejection
            case .known(let services):
                if let service = rejection.service, services.contains(service) { return rejection }
            }
        }
        return nil
    }
}

extension CircuitBreakerError {
    /// Whether the circuit, or one that it depends on, is open, so that other calls would be rejected too.
    fileprivate var isOpen: Bool {
        switch self {
        case .open, .dependencyOpen: true
        default: false
        }
    }
}
