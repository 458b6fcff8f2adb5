#if Admin
public import CircuitBreakers
internal import FlyingSocks
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
public import Supervision

/// Lets an operator look into the running program and change it: its tree, its circuits and its events, over HTTP, by the
/// command `supervisionctl`, and on a live page.
///
/// ```swift
/// Supervisor {
///     Child("admin") { AdminEndpoint(at: .unixSocket("/run/shop/admin.sock")) }
///     Child(.circuitBreakers) { CircuitBreakerServer() }
///     Child(.users) { UserDirectory() }
/// }
/// ```
///
/// Started first it is there before the others, and stops last: `/readyz` tells when they all run, and when they are
/// being stopped. It shows the whole tree that it is in, and each change that it makes is told as an ``AdminAudit``.
///
/// It costs the other servers what they are asked for, and nothing otherwise. Of events it keeps the last 1,000, however
/// many read them. It does one request for each connection, takes requests and connections up to fixed limits, and ends
/// what is too slow; `/openapi.json` describes all that it understands.
///
/// Its start throws ``AdminError`` when it cannot listen. When its supervisor stops it, requests that are under way are
/// cut off.
public actor AdminEndpoint: GenServer {
    /// What it sends to itself.
    public struct Message: Sendable {
        let outcome: Result<Void, any Error>
    }

    /// How many connections it has at once; more are refused.
    static let maxConnections = 2_048

    private let address: AdminAddress
    private let circuits: ServerName<CircuitBreakerServer>
    private let allowsChanges: Bool
    private let metrics: (@Sendable () async throws -> String)?
    private let limits: AdminConnection.Limits
    private let events = EventLog()
    private var listening: EventListening?
    private var listener: AdminListener?

    /// An endpoint at that address. It opens it when it starts.
    ///
    /// - Parameters:
    ///   - address: where it is reached.
    ///   - circuits: the server whose circuits are shown.
    ///   - allowsChanges: whether anything can be changed. With false all can be looked at, and every change is refused.
    ///   - metrics: what `/metrics` answers, in the text format of Prometheus: `{ prometheus.text() }` with a
    ///     `PrometheusText` of `SupervisionObservability`; nil for none.
    public init(
        at address: AdminAddress,
        circuits: ServerName<CircuitBreakerServer> = .circuitBreakers,
        allowsChanges: Bool = true,
        metrics: (@Sendable () async throws -> String)? = nil
    ) {
        self.init(at: address, circuits: circuits, allowsChanges: allowsChanges, metrics: metrics, limits: .init())
    }

    init(
        at address: AdminAddress,
        circuits: ServerName<CircuitBreakerServer> = .circuitBreakers,
        allowsChanges: Bool = true,
        metrics: (@Sendable () async throws -> String)? = nil,
        limits: AdminConnection.Limits
    ) {
        self.address = address
        self.circuits = circuits
        self.allowsChanges = allowsChanges
        self.metrics = metrics
        self.limits = limits
    }

    /// Where it is reached: the path of its socket, or its URL with the port that it has got. Nil before it has started.
    public var location: String? { listener?.name }

    /// Opens the address and begins to answer.
    ///
    /// - Throws: ``AdminError``.
    public func started(_ context: ServerContext<AdminEndpoint>) throws {
        let access = Access(
            token: try token(),
            hosts: Set(address.hosts.map { $0.lowercased() }),
            allowsChanges: allowsChanges
        )
        let listener = try AdminListener(address)
        self.listener = listener
        listening = context.runtime.listeners.add(events)
        let desk = AdminDesk(
            runtime: context.runtime,
            root: .root(of: context),
            ownPath: context.path,
            circuits: circuits,
            access: access,
            events: events,
            metrics: metrics
        )
        let service = AdminService(listener: listener, desk: desk, limits: limits)
        context.mainTask {
            try await service.run()
        } _: {
            Message(outcome: $0)
        }
        context.runtime.emit(AdminEvent(kind: .listens(at: listener.name)))
    }

    /// Takes the end of its work, which is a crash: it ends by being stopped only.
    public func handle(_ message: Message, _ context: ServerContext<AdminEndpoint>) throws {
        try message.outcome.get()
        throw Exit(.normal)
    }

    /// Closes the address.
    public func terminate(reason: ExitReason) {
        events.close()
        listening?.end()
        listener?.close()
    }

    private func token() throws(AdminError) -> [UInt8]? {
        guard case .tcp(_, _, let token) = address.kind else { return nil }
        return try token.bytes()
    }
}

extension AdminToken {
    /// The fewest characters that a token may have.
    static let leastLength = 16

    func bytes() throws(AdminError) -> [UInt8] {
        let text: String
        switch source {
        case .environment(let name):
            guard let value = ProcessInfo.processInfo.environment[name] else {
                throw .noToken(source: "the environment variable \(name)", reason: "is not set")
            }
            text = value
        case .file(let path):
            do {
                text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
            } catch {
                throw .noToken(source: "the file \(path)", reason: "cannot be read: \(error)")
            }
        }
        let token = text.split(whereSeparator: \.isNewline).first.map { $0.filter { !$0.isWhitespace } } ?? ""
        guard token.utf8.count >= Self.leastLength else {
            let reason =
                "has \(token.utf8.count) characters; it needs \(Self.leastLength) or more, which nobody can guess"
            throw .noToken(source: description, reason: reason)
        }
        return Array(token.utf8)
    }
}
#endif
