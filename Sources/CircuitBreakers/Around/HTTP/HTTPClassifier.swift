/// Tells from an HTTP status, and what the service said about trying again, what came of a call (B30).
///
/// ```swift
/// func user(_ id: Int) async throws -> User {
///     let response = try await client.get("/users/\(id)")
///     try HTTPClassifier().outcome(
///         status: response.status, retryAfter: response.headers["Retry-After"], now: secondsSinceEpoch()
///     ).check()
///     return try User(response.body)
/// }
/// ```
///
/// | Status | Outcome |
/// |---|---|
/// | 1xx, 2xx, 3xx | success |
/// | 408, 425, 429 | may work later |
/// | 413 with a valid Retry-After | may work later |
/// | every other 4xx | permanent |
/// | 501, 505, 506, 508, 510, 511 | permanent |
/// | every other 5xx, and what is no status at all | may work later |
///
/// ``permanent(_:)`` and ``retryable(_:)`` change single statuses.
public struct HTTPClassifier: Sendable {
    private var retryableStatuses: Set<Int> = [408, 425, 429]
    private var permanentStatuses: Set<Int> = [501, 505, 506, 508, 510, 511]

    /// The rules of the table.
    public init() {}

    /// The same, with these statuses as failures that stay.
    public func permanent(_ statuses: Int...) -> HTTPClassifier {
        var copy = self
        copy.permanentStatuses.formUnion(statuses)
        copy.retryableStatuses.subtract(statuses)
        return copy
    }

    /// The same, with these statuses as failures that may go away.
    public func retryable(_ statuses: Int...) -> HTTPClassifier {
        var copy = self
        copy.retryableStatuses.formUnion(statuses)
        copy.permanentStatuses.subtract(statuses)
        return copy
    }

    /// What came of a call.
    ///
    /// - Parameters:
    ///   - status: the status of the response.
    ///   - retryAfter: the text of its `Retry-After` field; one that makes no sense is as none.
    ///   - now: the wall clock, in seconds since 1970 began: only a `Retry-After` with a date needs it, and is as none
    ///     without it. The response's own `Date` field (see ``HTTPDate``) makes it independent of this computer's clock.
    public func outcome(status: Int, retryAfter: String? = nil, now: Int64? = nil) -> HTTPOutcome {
        if permanentStatuses.contains(status) { return .permanentFailure(status: status) }
        let isListed = retryableStatuses.contains(status)
        if !isListed, (100..<400).contains(status) { return .success }
        let wait = retryAfter.flatMap { Self.wait($0, now: now) }
        let isTooLargeForNow = status == 413 && wait != nil
        if !isListed, !isTooLargeForNow, (400..<500).contains(status) { return .permanentFailure(status: status) }
        return .retryableFailure(status: status, retryAfter: wait)
    }

    /// The wait that a `Retry-After` field asks for: a number of seconds, or a date in one of the three formats of HTTP.
    /// Zero when the date is past; nil when it is neither, or a date and `now` is nil.
    public static func wait(_ retryAfter: String, now: Int64?) -> Duration? {
        // Written out, because trimming is Foundation's.
        let bytes = Array(retryAfter.utf8)
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard let start = bytes.firstIndex(where: { !isBlank($0) }), let end = bytes.lastIndex(where: { !isBlank($0) })
        else { return nil }
        let text = bytes[start...end]
        if let seconds = HTTPNumber.parse(text) { return .seconds(seconds) }
        guard let now, let date = HTTPDate.secondsSinceEpoch(String(decoding: text, as: UTF8.self), now: now) else {
            return nil
        }
        let (wait, overflow) = date.subtractingReportingOverflow(now)
        return overflow ? nil : .seconds(max(0, wait))
    }
}

extension CircuitPolicy {
    /// Judges responses of one type by their HTTP status: how they count (``HTTPOutcome/callOutcome``) and how long the
    /// service asked to be left alone. The caller gets the response however it counts.
    ///
    /// ```swift
    /// policy.judgeResponses(of: Response.self) { response in
    ///     HTTPClassifier().outcome(status: response.status, retryAfter: response.headers["Retry-After"])
    /// }
    /// ```
    public mutating func judgeResponses<Response>(
        of type: Response.Type,
        _ outcome: @escaping @Sendable (Response) -> HTTPOutcome
    ) {
        judgeResults(of: type) { outcome($0).callOutcome }
        retryAfter(of: type) { outcome($0).retryAfter }
    }
}

extension Retry {
    /// Retries responses of one type by their HTTP status: those that may work later, after the wait that the service
    /// asked for. The response of the last try is returned, whatever it is.
    public func retryingResponses<Response>(
        of type: Response.Type,
        _ outcome: @escaping @Sendable (Response) -> HTTPOutcome
    ) -> Retry {
        retryingResults(of: type) { response in
            if case .retryableFailure = outcome(response) { true } else { false }
        }
        .retryAfter(of: type) { outcome($0).retryAfter }
    }
}
