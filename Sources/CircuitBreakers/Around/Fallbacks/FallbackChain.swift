/// Several sources of one value, each asked when the one before it is rejected, fails or has none (B29).
///
/// ```swift
/// let user = try await FallbackChain {
///     CallSource(.cache) { try await cache.user(1) }          // nil when it has none
///     CallSource(.database) { try await database.user(1) }
///     CallSource(named: "local copy") { localCopy[1] }
/// }
/// .orThrow { failures in UserUnavailable(failures) }
/// .call()
/// ```
///
/// The first value ends it. An error that the chain does not accept (see ``on(_:)``; any, when none is named) ends it
/// too, as do the caller's cancellation and a missing set-up, like those of a ``Fallback``. A rejection always leads to
/// the next source.
///
/// The sources run one after another in the caller's task.
public struct FallbackChain<Value: Sendable>: Sendable {
    private let sources: [CallSource<Value>]
    private var rules = FallbackRules()
    private var finalError: (@Sendable ([SourceFailure]) -> any Error)?

    /// The sources, in the order in which they are asked.
    public init(@FallbackChainBuilder<Value> _ sources: () -> [CallSource<Value>]) {
        self.sources = sources()
    }

    /// Goes on after errors of a type, and its subclasses, and none but those that are named in this way. An error
    /// matches also when it is wrapped (see ``ErrorWrapper``), however deep.
    public func on<Failure: Error>(_ type: Failure.Type) -> FallbackChain {
        on { $0 is Failure }
    }

    /// Goes on after the errors that `matches` is true for, and none but those that are named in this way. It is asked
    /// about an error and all that it wraps.
    public func on(where matches: @escaping @Sendable (any Error) -> Bool) -> FallbackChain {
        var copy = self
        copy.rules.accepted.append(matches)
        return copy
    }

    /// What is thrown when every source has failed: an error of your own, for instance a critical one.
    public func orThrow(_ error: @escaping @Sendable ([SourceFailure]) -> any Error) -> FallbackChain {
        var copy = self
        copy.finalError = error
        return copy
    }

    /// The value of the first source that has one.
    ///
    /// - Throws: when every source has failed, the error of ``orThrow(_:)``, or else ``FallbackError`` with the error of
    ///   each (the error itself, if there is but one source). An error that the chain does not accept; when sources
    ///   failed before it, as a ``FallbackError`` with theirs attached. ``EmptyFallbackChain``.
    public func call() async throws -> Value {
        var failures: [SourceFailure] = []
        for source in sources {
            do {
                if let value = try await source.read() { return value }
                failures.append(SourceFailure(source: source.name, error: SourceHasNoValue(source: source.name)))
            } catch {
                guard rules.accept(error) else {
                    if Task.isCancelled { throw error }
                    throw Self.error(error, after: failures)
                }
                failures.append(SourceFailure(source: source.name, error: error))
            }
        }
        if let finalError { throw finalError(failures) }
        guard let last = failures.popLast() else { throw EmptyFallbackChain() }
        throw Self.error(last.error, after: failures)
    }

    private static func error(_ error: any Error, after failures: [SourceFailure]) -> any Error {
        failures.isEmpty ? error : FallbackError(error, after: failures.map(\.error))
    }
}

/// One source of a ``FallbackChain``.
public struct CallSource<Value: Sendable>: Sendable {
    /// Its name in a ``SourceFailure``.
    public let name: String
    let read: @Sendable () async throws -> Value?

    /// A source that is called through its own circuit among the application's breakers.
    ///
    /// - Parameters:
    ///   - service: whose circuit it is; its name is the source's.
    ///   - read: the value; nil when the source is well but has none, which leads to the next source.
    public init(_ service: ServiceName, _ read: @escaping @Sendable () async throws -> Value?) {
        self.init(named: service.rawValue, through: CircuitBreaker(service), read)
    }

    /// A source that is called through a layer, for instance a ``CallPolicy``.
    public init(
        named name: String,
        through layer: some CallLayer,
        _ read: @escaping @Sendable () async throws -> Value?
    ) {
        self.name = name
        self.read = { try await layer.call(read) }
    }

    /// A source that needs no circuit, such as a local copy or a minimal answer.
    public init(named name: String, _ read: @escaping @Sendable () async throws -> Value?) {
        self.name = name
        self.read = read
    }
}

/// Why a source of a ``FallbackChain`` gave no value.
public struct SourceFailure: Sendable, CustomStringConvertible {
    /// The name of the source.
    public let source: String
    /// Its error; ``SourceHasNoValue`` when it was well but had no value.
    public let error: any Error

    /// The source and its error.
    public var description: String { "\(source): \(error)" }
}

/// A source of a ``FallbackChain`` was well but had no value.
public struct SourceHasNoValue: Error, Hashable, CustomStringConvertible {
    /// The name of the source.
    public let source: String

    /// What happened.
    public var description: String { "'\(source)' has no value" }
}

/// A ``FallbackChain`` has no sources, for instance because an `if` left them all out.
public struct EmptyFallbackChain: Error, Hashable, CustomStringConvertible {
    /// What happened, and what to do about it.
    public var description: String { "the fallback chain has no source; give it at least one CallSource" }
}

/// Puts the sources of a ``FallbackChain`` together, with `if`, `switch` and `for`.
@resultBuilder
public enum FallbackChainBuilder<Value: Sendable> {
    /// One source.
    public static func buildExpression(_ source: CallSource<Value>) -> [CallSource<Value>] { [source] }

    /// Sources one after the other.
    public static func buildBlock(_ parts: [CallSource<Value>]...) -> [CallSource<Value>] { parts.flatMap(\.self) }

    /// An `if` without an `else`.
    public static func buildOptional(_ part: [CallSource<Value>]?) -> [CallSource<Value>] { part ?? [] }

    /// The first branch of an `if` or `switch`.
    public static func buildEither(first part: [CallSource<Value>]) -> [CallSource<Value>] { part }

    /// The other branch of an `if` or `switch`.
    public static func buildEither(second part: [CallSource<Value>]) -> [CallSource<Value>] { part }

    /// A `for`: what comes first is asked first.
    public static func buildArray(_ parts: [[CallSource<Value>]]) -> [CallSource<Value>] { parts.flatMap(\.self) }
}
