/// Something that is done around a call: a circuit, retries, a time limit, a bulkhead and so on (B31).
///
/// A layer runs the operation not at all, once or several times, in the caller's task or in one of its own, and returns
/// what came of it. It holds no lock while the operation runs.
///
/// In a module that is built without the upcoming feature `NonisolatedNonsendingByDefault`, a layer of your own spells
/// the operation `nonisolated(nonsending) @escaping @Sendable () async throws -> Value`.
public protocol CallLayer: Sendable {
    /// Runs `operation` as the layer has it.
    ///
    /// - Throws: the operation's own error, or the layer's when it did not run the operation or did not wait for it.
    func call<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value
}
