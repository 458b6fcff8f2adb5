internal import Synchronization

/// The answer that a caller waits for, to be given later and from anywhere.
///
/// It is given once; a second answer, or one that comes after the caller has given up, is dropped. When the last
/// reference to a reply goes without an answer, the caller gets ``ServerError/noReply``; when the server's incarnation
/// ends first, ``ServerError/exited(_:)``.
public final class Reply<Value: Sendable>: Sendable {
    private let answer: Mutex<(@Sendable (Result<Value, any Error>) -> Void)?>

    init(_ answer: @escaping @Sendable (Result<Value, any Error>) -> Void) {
        self.answer = Mutex(answer)
    }

    deinit {
        give(.failure(ServerError.noReply))
    }

    /// Answers with a value.
    public func callAsFunction(_ value: Value) {
        give(.success(value))
    }

    /// Answers with an error, which the call throws.
    public func callAsFunction(throwing error: any Error) {
        give(.failure(error))
    }

    private func give(_ result: Result<Value, any Error>) {
        let answer = answer.withLock { answer in
            defer { answer = nil }
            return answer
        }
        answer?(result)
    }
}

extension Reply where Value == Void {
    /// Answers that it is done.
    public func callAsFunction() {
        callAsFunction(())
    }
}
