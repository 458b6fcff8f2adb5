import Supervision

/// How a call ended, in a few words.
func ending<Value: Sendable>(of call: Task<Value, any Error>) async -> String {
    await ending { try await call.value }
}

/// How a call ended, in a few words.
func ending<Value: Sendable>(_ call: () async throws -> Value) async -> String {
    do {
        return "\(try await call())"
    } catch let error as ServerError {
        switch error {
        case .notRunning(let name): return "not running: \(name)"
        case .exited(let reason): return "exited: \(reason)"
        case .timedOut(let time): return "timed out after \(time)"
        case .wrongServer(let name, let expected): return "wrong server: \(name) is no \(expected)"
        case .ambiguousName(let name): return "ambiguous name: \(name)"
        case .callCycle(let path): return "call cycle: \(path)"
        case .noReply: return "no reply"
        case .overloaded(let limit): return "overloaded: \(limit)"
        case .shuttingDown: return "shutting down"
        case .startTimedOut(let time): return "start timed out after \(time)"
        case .messageTimedOut(let time): return "message timed out after \(time)"
        case .notReplaceable(let name): return "not replaceable: \(name)"
        }
    } catch is CancellationError {
        return "cancelled"
    } catch {
        return "threw \(error)"
    }
}

/// What a tree, or a child, has failed to start with, in a few words; nil when the error says something else.
func startFailure(in error: SupervisorError?) async -> String? {
    switch error {
    case .childFailedToStart(_, let cause), .startFailed(_, let cause):
        if let nested = cause as? SupervisorError { return await startFailure(in: nested) }
        return await ending { () async throws -> Int in throw cause }
    default: return nil
    }
}
