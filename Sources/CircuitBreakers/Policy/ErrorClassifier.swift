/// Rules that say how errors count, for ``CircuitPolicy/judgeError`` (B6).
///
/// ```swift
/// policy.judgeError = ErrorClassifier()
///     .ignoring(NotFound.self)
///     .ignoring(where: { ($0 as? HTTPError)?.status == 429 })
///     .judge
/// ```
///
/// A rule matches an error when it matches the error itself or anything that it wraps (see ``ErrorWrapper``), however
/// deep. With at least one `recording` rule, errors that no rule matches are ignored. With none, they count as they do
/// without a classifier: `CancellationError` and ``CallRejection`` are ignored, everything else is a failure.
public struct ErrorClassifier: Sendable {
    /// Which rule wins when one says ignore and another says record.
    public enum Precedence: Sendable {
        /// The error is ignored.
        case ignoring
        /// The error is a failure.
        case recording
    }

    private typealias Rule = @Sendable (any Error) -> Bool

    private var ignored: [Rule] = []
    private var recorded: [Rule] = []
    private let precedence: Precedence

    /// No rules yet.
    public init(precedence: Precedence = .ignoring) {
        self.precedence = precedence
    }

    /// Ignores errors of a type, and of its subclasses.
    public func ignoring<Failure: Error>(_ type: Failure.Type) -> ErrorClassifier {
        ignoring { $0 is Failure }
    }

    /// Ignores the errors that `matches` is true for.
    public func ignoring(where matches: @escaping @Sendable (any Error) -> Bool) -> ErrorClassifier {
        var copy = self
        copy.ignored.append(matches)
        return copy
    }

    /// Counts errors of a type, and of its subclasses, as failures.
    public func recording<Failure: Error>(_ type: Failure.Type) -> ErrorClassifier {
        recording { $0 is Failure }
    }

    /// Counts the errors that `matches` is true for as failures.
    public func recording(where matches: @escaping @Sendable (any Error) -> Bool) -> ErrorClassifier {
        var copy = self
        copy.recorded.append(matches)
        return copy
    }

    /// How `error` counts by these rules.
    @Sendable
    public func judge(_ error: any Error) -> CallOutcome {
        let isIgnored = Self.matches(error, ignored)
        let isRecorded = Self.matches(error, recorded)
        switch (isIgnored, isRecorded) {
        case (true, true): return precedence == .ignoring ? .ignored : .failure
        case (true, false): return .ignored
        case (false, true): return .failure
        case (false, false): return recorded.isEmpty ? Self.standardJudgement(of: error) : .ignored
        }
    }

    private static func matches(_ error: any Error, _ rules: [Rule]) -> Bool {
        guard !rules.isEmpty else { return false }
        return ErrorLayers(error).contains { layer in rules.contains { $0(layer) } }
    }

    /// How an error counts when nobody has said anything.
    static func standardJudgement(of error: any Error) -> CallOutcome {
        let isNeutral = ErrorLayers(error).contains { $0 is CancellationError || $0 is any CallRejection }
        return isNeutral ? .ignored : .failure
    }
}
