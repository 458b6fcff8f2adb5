#if Admin
internal import FlyingSocks
internal import Supervision
internal import Synchronization

/// Takes connections for as long as the endpoint runs.
struct AdminService: Sendable {
    let listener: AdminListener
    let desk: AdminDesk
    let limits: AdminConnection.Limits

    func run() async throws {
        let socket = try AsyncSocket(socket: listener.socket, pool: DispatchSockets())
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await desk.events.pump(in: desk.runtime) }
            try await accept(on: socket)
        }
    }

    private func accept(on socket: AsyncSocket) async throws {
        let open = Counter()
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                let connection: AsyncSocket
                do {
                    connection = try await socket.accept()
                } catch let error where !Task.isCancelled {
                    // Of descriptors there may be none left; others may close some.
                    desk.runtime.emit(AdminEvent(kind: .cannotAccept(reason: "\(error)")))
                    try await desk.runtime.sleep(for: .seconds(1))
                    continue
                }
                guard open.increase(upTo: AdminEndpoint.maxConnections) else {
                    try? connection.close()
                    continue
                }
                group.addTask {
                    await AdminConnection(socket: connection, desk: desk, limits: limits).serve()
                    open.decrease()
                }
            }
        }
    }

    /// How many connections are open.
    private final class Counter: Sendable {
        private let count = Mutex(0)

        func increase(upTo limit: Int) -> Bool {
            count.withLock { count in
                if count >= limit { return false }
                count += 1
                return true
            }
        }

        func decrease() {
            count.withLock { $0 -= 1 }
        }
    }
}
#endif
