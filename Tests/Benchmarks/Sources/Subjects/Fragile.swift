public import Supervision

/// Tells when it has started, as soon as it serves; and crashes when it is told to.
public actor Fragile: GenServer {
    public enum Message: Sendable { case serve, crash }

    public struct Crash: Error {
        public init() {}
    }

    private let arrivals: Arrivals
    private var startTime: Int64 = 0

    public init(_ arrivals: Arrivals) { self.arrivals = arrivals }

    public func started(_ context: ServerContext<Fragile>) {
        startTime = now()
        context.continue(with: .serve)
    }

    public func handle(_ message: Message, _ context: ServerContext<Fragile>) throws {
        switch message {
        case .serve: arrivals.arrive(at: startTime)
        case .crash: throw Crash()
        }
    }
}

extension ServerName where Server == Fragile {
    public static func fragile(_ number: Int) -> Self { .init("fragile-\(number)") }
}

/// However many restarts there are, the supervisor keeps count of them and goes on.
public let anyNumberOfRestarts = RestartIntensity(1_000_000_000, within: .seconds(3_600))

/// A supervisor of so many fragile children, when they serve.
public func fragileChildren(
    _ count: Int,
    _ arrivals: Arrivals,
    _ strategy: Strategy
) async throws -> (ServerRef<Supervisor>, [ServerRef<Fragile>]) {
    let runtime = Runtime(events: SilentSink())
    arrivals.expect(count)
    let tree = try await Supervisor(strategy: strategy, intensity: anyNumberOfRestarts) {
        for number in 0..<count { Child(.fragile(number)) { Fragile(arrivals) } }
    }.start(in: runtime)
    await arrivals.wait()
    return (tree, (0..<count).map { ServerRef(.fragile($0), in: runtime) })
}
