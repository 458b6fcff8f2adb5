public import Supervision

/// A server that does as little as can be, so that what is around it is what is seen.
public actor Counter: GenServer {
    public typealias Message = Int
    public private(set) var total = 0

    public init() {}

    public func add(_ number: Int) -> Int {
        total &+= number
        return total
    }

    public func handle(_ message: Int, _ context: ServerContext<Counter>) {
        total &+= message
    }
}

extension ServerName where Server == Counter {
    public static var counter: Self { .init("counter") }
}

/// What a guarded call does: as little as can be.
@inline(never)
public func operation(_ number: Int) async -> Int {
    number &+ 1
}

/// Keeps the compiler from leaving out or moving what it is given: it cannot see into this function.
@inline(never)
@_optimize(none)
public func use<Value>(_ value: Value) {}
