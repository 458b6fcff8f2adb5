/// A request of an operator: it runs on the server before everything that waits, also while the server is suspended,
/// and what it throws is the operator's alone (G17).
final class SystemCall<Server: GenServer, Value: Sendable>: ReturningCall<Server, Value>, @unchecked Sendable {
    // Unchecked for the reason that ``PendingCall`` gives.
    private let body: @Sendable (isolated Server) throws -> Value

    init(place: ServerPlace<Server>, body: @escaping @Sendable (isolated Server) throws -> Value) {
        self.body = body
        super.init(place: place)
    }

    override func post() -> ServerError? {
        place.postSystem(self)
    }

    override func run(on server: isolated Server) throws {
        guard begin() else { return }
        let result = Result { try body(server) }
        end(with: result)
    }
}
