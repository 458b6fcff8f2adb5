import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

private struct Response: Sendable, Equatable {
    var status: Int
    var retryAfter: String?

    var outcome: HTTPOutcome { HTTPClassifier().outcome(status: status, retryAfter: retryAfter, now: 784_111_777) }
}

@Suite("HTTP statuses and dates")
struct HTTPTests {
    /// 1994-11-06 08:49:37 GMT, the example of RFC 9110.
    private let example: Int64 = 784_111_777

    @Test("B30 a status is a success, a permanent failure or one that may go away (A16, A18)")
    func statuses() {
        let classifier = HTTPClassifier()
        for status in [100, 200, 204, 299, 301, 304, 399] {
            #expect(classifier.outcome(status: status) == .success)
        }
        for status in [400, 401, 403, 404, 409, 410, 413, 418, 422, 451, 499, 501, 505, 506, 508, 510, 511] {
            #expect(classifier.outcome(status: status) == .permanentFailure(status: status))
        }
        for status in [408, 425, 429, 500, 502, 503, 504, 507, 599, 0, -1, 99, 600, .max] {
            #expect(classifier.outcome(status: status) == .retryableFailure(status: status, retryAfter: nil))
        }
    }

    @Test("B30 single statuses can be classified otherwise")
    func custom() {
        let classifier = HTTPClassifier().permanent(503, 200).retryable(404, 501, 302)
        #expect(classifier.outcome(status: 503) == .permanentFailure(status: 503))
        #expect(classifier.outcome(status: 200) == .permanentFailure(status: 200))
        for status in [404, 501, 302] {
            #expect(classifier.outcome(status: status) == .retryableFailure(status: status, retryAfter: nil))
        }
    }

    @Test("B30 Retry-After counts for failures that may go away, and makes a 413 one of them (A03)")
    func retryAfter() {
        let classifier = HTTPClassifier()
        #expect(classifier.outcome(status: 429, retryAfter: "7").retryAfter == .seconds(7))
        #expect(classifier.outcome(status: 500, retryAfter: "7").retryAfter == .seconds(7))
        #expect(classifier.outcome(status: 404, retryAfter: "7") == .permanentFailure(status: 404))
        #expect(classifier.outcome(status: 413, retryAfter: "7").retryAfter == .seconds(7))
        #expect(classifier.outcome(status: 413, retryAfter: "soon") == .permanentFailure(status: 413))
        #expect(classifier.outcome(status: 200, retryAfter: "7") == .success)
    }

    @Test(
        "B30 Retry-After in seconds",
        arguments: [
            ("0", 0), ("120", 120), (" 5\t", 5), ("00000000000000000000000007", 7),
            ("99999999999999999999999999", Int64.max), ("", nil), (" ", nil), ("-1", nil), ("+1", nil), ("1.5", nil),
            ("1 2", nil), ("1s", nil), ("٣", nil), ("soon", nil),
        ] as [(String, Int64?)]
    )
    func seconds(text: String, wait: Int64?) {
        #expect(HTTPClassifier.wait(text, now: example) == wait.map { .seconds($0) })
    }

    @Test(
        "B30 Retry-After as a date, in the three formats of HTTP",
        arguments: [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        ]
    )
    func formats(text: String) {
        #expect(HTTPDate.secondsSinceEpoch(text, now: example) == example)
        #expect(HTTPClassifier.wait(text, now: example - 90) == .seconds(90))
        #expect(HTTPClassifier.wait(" \(text) ", now: example + 90) == .zero)
        #expect(HTTPClassifier.wait(text, now: nil) == nil)
    }

    @Test("B30 no wall clock is too absurd to read a date by", arguments: [Int64.min, .min + 1, -1, .max - 1, .max])
    func absurdNow(now: Int64) {
        let fixed = HTTPClassifier.wait("Sun, 06 Nov 1994 08:49:37 GMT", now: now)
        #expect(fixed == (now > 0 ? .zero : now == -1 ? .seconds(example + 1) : nil))
        // A year of two digits depends on the clock, so that its century is as absurd.
        #expect(HTTPDate.secondsSinceEpoch("Sunday, 06-Nov-94 08:49:37 GMT", now: now) != nil)
    }

    @Test(
        "B30 dates at the ends of months, years and centuries",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600), ("Sun, 29 Feb 2032 23:59:59 GMT", 1_961_711_999),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799), ("Thu, 31 Dec 1998 23:59:60 GMT", 915_148_800),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400), ("Sat, 01 Jan 0000 00:00:00 GMT", -62_167_219_200),
            ("Sat, 31 Dec 2022 23:59:59 GMT", 1_672_531_199),
        ]
    )
    func calendar(text: String, seconds: Int64) {
        #expect(HTTPDate.secondsSinceEpoch(text, now: example) == seconds)
    }

    @Test(
        "B30 what is no date is none",
        arguments: [
            "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Son, 06 Nov 1994 08:49:37 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT", "Tue, 29 Feb 2100 00:00:00 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
            "Sunday, 06--94 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT", "Sun Nov 6 08:49:37 94",
            "1994-11-06T08:49:37Z",
            "Sun, 06 Nov 1994 08:49:37 GMT and more", "", "GMT",
        ]
    )
    func noDates(text: String) {
        #expect(HTTPDate.secondsSinceEpoch(text, now: example) == nil)
    }

    @Test(
        "B30 a year of two digits is the last one that is not more than fifty years away",
        arguments: [
            // Now is 2026-11-21.
            (2026, "26"), (2030, "30"), (2075, "75"), (1977, "77"), (1999, "99"), (2000, "00"),
        ]
    )
    func shortYears(year: Int64, digits: String) throws {
        let now: Int64 = 1_795_219_200
        let text = "Monday, 01-Jun-\(digits) 00:00:00 GMT"
        let expected = try #require(CivilDate.days(year: year, month: 6, day: 1)) * 86_400
        #expect(HTTPDate.secondsSinceEpoch(text, now: now) == expected)
    }

    @Test("B30 a year of two digits late in a century may be one of the next")
    func nextCentury() throws {
        let now = try #require(CivilDate.days(year: 2090, month: 1, day: 1)) * 86_400
        let expected = try #require(CivilDate.days(year: 2110, month: 6, day: 1)) * 86_400
        #expect(HTTPDate.secondsSinceEpoch("Monday, 01-Jun-10 00:00:00 GMT", now: now) == expected)
    }

    @Test("B30 each day of four centuries follows the one before it")
    func everyDay() throws {
        var expected = try #require(CivilDate.days(year: 1900, month: 1, day: 1))
        for year in Int64(1900)..<2300 {
            #expect(CivilDate.year(of: expected * 86_400) == year)
            #expect(CivilDate.year(of: expected * 86_400 - 1) == year - 1)
            for month in Int64(1)...12 {
                for day in Int64(1)...31 {
                    guard let days = CivilDate.days(year: year, month: month, day: day) else { continue }
                    guard days == expected else {
                        Issue.record("\(year)-\(month)-\(day)")
                        return
                    }
                    expected += 1
                }
            }
        }
    }

    @Test("K81 B15 the time zone of the process changes nothing")
    func timeZone() {
        let before = getenv("TZ").map { String(cString: $0) }
        setenv("TZ", "Asia/Tokyo", 1)
        tzset()
        defer {
            if let before { setenv("TZ", before, 1) } else { unsetenv("TZ") }
            tzset()
        }
        #expect(HTTPClassifier.wait("Sun, 06 Nov 1994 08:49:37 GMT", now: example - 90) == .seconds(90))
    }

    @Test("B30 B6 an operation that checks its response throws errors that say what they are (A01, A02, A16, A18)")
    func check() {
        #expect(throws: Never.self) { try HTTPClassifier().outcome(status: 204).check() }
        let permanent = #expect(throws: PermanentError.self) { try HTTPClassifier().outcome(status: 404).check() }
        #expect(permanent?.underlyingError as? HTTPStatusError == HTTPStatusError(status: 404))
        #expect(permanent?.code == "HTTP 404")
        let busy = #expect(throws: RetryableError.self) {
            try HTTPClassifier().outcome(status: 503, retryAfter: "9").check()
        }
        #expect(busy?.retryAfter == .seconds(9))
    }

    @Test("B30 B16 a circuit that judges responses by their status takes the Retry-After for its open time (A03)")
    func circuit() async throws {
        let world = World()
        var policy = CircuitPolicy.small(2)
        policy.judgeResponses(of: Response.self, \.outcome)
        let breakers = await world.breakers(policy)
        try await world.runtime.run {
            for status in [404, 501, 200, 503] {
                let response = try await breakers.call("api") { Response(status: status) }
                #expect(response.status == status)
            }
            #expect(await breakers.state(of: "api")?.counts.failures == 2)
            #expect(await breakers.state(of: "api")?.counts.consecutiveFailures == 1)
            _ = try await breakers.call("api") { Response(status: 503, retryAfter: "Sun, 06 Nov 1994 08:51:07 GMT") }
            let error = await #expect(throws: CircuitBreakerError.self) { try await breakers.call("api") {} }
            #expect(error?.retryAfter == .seconds(90))
            // Opened by a value, so there is no last error.
            #expect(error?.lastFailure == nil)
        }
    }

    @Test("B30 a retry by status waits as the service asked, and gives up with the last response (A03, A17)")
    func retry() async throws {
        let world = World()
        let tries = Counter()
        let retry = Retry(maxAttempts: 2, backoff: .constant(.zero)).retryingResponses(of: Response.self, \.outcome)
        async let outcome = world.runtime.run { () async throws -> (Response, Response) in
            let busy = try await retry.call { Response(status: 503, retryAfter: "3") }
            let missing = try await retry.call {
                tries.add(); return Response(status: 404)
            }
            return (busy, missing)
        }
        await world.clock.waitForSleepers(1)
        world.clock.advance(by: .seconds(3))
        let (busy, missing) = try await outcome
        #expect(busy == Response(status: 503, retryAfter: "3"))
        #expect(missing.status == 404)
        #expect(tries.value == 1)
    }
}
