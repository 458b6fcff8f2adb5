public import CircuitBreakers

/// Who makes calls, guarded and bare: what the compiler knows of a caller's executor decides which changes to it follow
/// the operation.
public enum Caller: CaseIterable, Sendable {
    /// A function that stays with its own caller.
    case inheriting
    /// A function that belongs to no actor, as asynchronous ones do by default in Swift 6.
    case concurrent
    /// A method of an actor, as a server's handlers are.
    case actor

    public func callGuarded(_ service: ServiceName, _ count: Int) async throws {
        switch self {
        case .inheriting: try await callInheriting(service, count)
        case .concurrent: try await callConcurrently(service, count)
        case .actor: try await CallingActor().callGuarded(service, count)
        }
    }

    /// The operation alone, as often.
    public func callBare(_ count: Int) async {
        switch self {
        case .inheriting: await callBareInheriting(count)
        case .concurrent: await callBareConcurrently(count)
        case .actor: await CallingActor().callBare(count)
        }
    }
}

private func callInheriting(_ service: ServiceName, _ count: Int) async throws {
    for number in 0..<count { use(try await CircuitBreakerServer.call(service) { await operation(number) }) }
}

@concurrent
private func callConcurrently(_ service: ServiceName, _ count: Int) async throws {
    for number in 0..<count { use(try await CircuitBreakerServer.call(service) { await operation(number) }) }
}

private func callBareInheriting(_ count: Int) async {
    for number in 0..<count { use(await operation(number)) }
}

@concurrent
private func callBareConcurrently(_ count: Int) async {
    for number in 0..<count { use(await operation(number)) }
}

private actor CallingActor {
    func callGuarded(_ service: ServiceName, _ count: Int) async throws {
        for number in 0..<count { use(try await CircuitBreakerServer.call(service) { await operation(number) }) }
    }

    func callBare(_ count: Int) async {
        for number in 0..<count { use(await operation(number)) }
    }
}
