internal import Synchronization

/// The answer that a caller waits for, to be given later and from anywhere.
///
/// It is given once; a second answer, or one that comes after the caller has given up, is dropped. When the last
/// reference to a reply goes without an answer, the caller gets ``ServerError/noReply``; when the server's incarnation
/// ends first, ``ServerError/exited(_:)``.
public final class Reply<Value: Sendable>: Sendable {
    private let isGiven = Atomic(false)
    /// Unsafe only in form: whoever sets ``isGiven`` first takes it, and nobody else touches it.
    @exclusivity(unchecked)
    private nonisolated(unsafe) var answer: (@Sendable (Result<Value, any Error>, ExitReason?) -> Void)?

    init(_ answer: @escaping @Sendable (Result<Value, any Error>, ExitReason?) -> Void) {
        self.answer = answer
    }

    deinit {
        if !isGiven.load(ordering: .acquiring) { giveNone() }
    }

    /// Apart, as the type of the result is looked up here.
    @inline(never)
    private func giveNone() {
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

    /// Ends the incarnation that was to answer with `reason`, and answers with a value when its clean-up is through (G7).
    ///
    /// The caller can rely on it that the server is gone. When the incarnation ends for another reason first, the answer
    /// is given all the same.
    public func callAsFunction(_ value: Value, ending reason: ExitReason) {
        give(.success(value), ending: reason)
    }

    private func give(_ result: Result<Value, any Error>, ending reason: ExitReason? = nil) {
        if isGiven.exchange(true, ordering: .acquiringAndReleasing) { return }
        let answer = answer
        self.answer = nil
        answer?(result, reason)
    }
}

extension Reply where Value == Void {
    /// Answers that it is done.
    public func callAsFunction() {
        callAsFunction(())
    }
}
