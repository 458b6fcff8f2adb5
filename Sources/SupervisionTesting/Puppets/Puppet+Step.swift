internal import Synchronization

extension Puppet {
    /// A moment at which a puppet waits for the test. What it is told first holds.
    public final class Step: Sendable {
        private enum State {
            case new
            // Resumed exactly once: by whoever moves the state to `over`.
            case waiting(UnsafeContinuation<Result<Void, any Error>, Never>)
            case over(Result<Void, any Error>)
        }

        /// What the puppet is at.
        public let moment: Moment
        private let state = Mutex(State.new)

        init(_ moment: Moment) {
            self.moment = moment
        }

        /// Has the puppet go on.
        public func proceed() {
            end(.success(()))
        }

        /// Has the puppet fail: its start, or at its message. Its clean-up cannot fail, and just ends.
        public func fail(_ error: any Error) {
            end(.failure(error))
        }

        private func end(_ result: Result<Void, any Error>) {
            let continuation = state.withLock { state -> UnsafeContinuation<Result<Void, any Error>, Never>? in
                defer {
                    if case .over = state {} else { state = .over(result) }
                }
                if case .waiting(let continuation) = state { return continuation }
                return nil
            }
            continuation?.resume(returning: result)
        }

        func wait(heedsCancellation: Bool) async throws {
            let result = await withTaskCancellationHandler {
                await withUnsafeContinuation { continuation in
                    let past = state.withLock { state -> Result<Void, any Error>? in
                        if case .over(let result) = state { return result }
                        state = .waiting(continuation)
                        return nil
                    }
                    if let past { continuation.resume(returning: past) }
                }
            } onCancel: {
                if heedsCancellation { end(.failure(CancellationError())) }
            }
            try result.get()
        }
    }
}
