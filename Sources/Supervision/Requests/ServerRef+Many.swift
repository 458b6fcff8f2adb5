/// What became of a call to several servers (G18).
public struct MultiCallResult<Server: GenServer, Value: Sendable>: Sendable {
    /// The servers that have answered, in the order in which they were given, each with its answer.
    public var replies: [(server: ServerRef<Server>, value: Value)] = []
    /// Those that have not, each with the reason.
    public var failures: [(server: ServerRef<Server>, error: any Error)] = []
}

extension Sequence {
    /// Runs `body` on each of these servers at the same time, and returns when all have answered or the time is over
    /// (G18).
    ///
    /// A server that is not running, or whose body throws, is no obstacle for the others. A call that is not answered in
    /// time is given up, and its late answer dropped.
    ///
    /// - Parameters:
    ///   - timeout: how long to wait for the answers, of all servers together.
    ///   - body: what runs on each server.
    /// - Throws: `CancellationError` when the task is cancelled; what has not been answered is given up then.
    public func multiCall<Server: GenServer, Value: Sendable>(
        timeout: Duration = .seconds(5),
        _ body: @escaping @Sendable (isolated Server) throws -> Value
    ) async throws -> MultiCallResult<Server, Value> where Element == ServerRef<Server> {
        let requests = map { server in
            (server, Result { (try server.resolve().runtime, try server.request(body)) })
        }
        var result = MultiCallResult<Server, Value>()
        var deadline: RuntimeInstant?
        for (server, request) in requests {
            do {
                let (runtime, request) = try request.get()
                let end = deadline ?? runtime.now.advanced(by: timeout)
                deadline = end
                guard let outcome = try await request.wait(until: end) else {
                    request.cancel()
                    throw ServerError.timedOut(after: timeout)
                }
                result.replies.append((server, try outcome.get()))
            } catch is CancellationError where Task.isCancelled {
                for case (_, .success(let (_, request))) in requests { request.cancel() }
                throw CancellationError()
            } catch {
                result.failures.append((server, error))
            }
        }
        return result
    }

    /// Puts a message into the mailbox of each of these servers and goes on. One to a server that is not running is
    /// dropped (G6, G18).
    public func cast<Server: GenServer>(_ message: Server.Message) where Element == ServerRef<Server> {
        for server in self { server.cast(message) }
    }
}
