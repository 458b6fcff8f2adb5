import Foundation
import Supervision
import Testing

@testable import CircuitBreakers

@Suite("Rejections as plain values")
struct RejectionReportTests {
    @Test("B7 a rejection says its kind, severity, circuit, state and the caller's context, and no data (C16)")
    func rejection() throws {
        let failure = Broken(number: 4711)
        let error = CircuitBreakerError.open("api", retryAfter: .nanoseconds(1_500_001), lastFailure: failure)
        let report = error.report(context: ["request": "r-1"])
        #expect(report.kind == .rejected)
        #expect(report.severity == .warning)
        #expect(report.service == "api")
        #expect(report.state == .open)
        #expect(report.retryAfterMilliseconds == 2)
        #expect(report.context == ["request": "r-1"])
        let json = try JSONEncoder().encode(report)
        #expect(!String(decoding: json, as: UTF8.self).contains("4711"))
        #expect(try JSONDecoder().decode(RejectionReport.self, from: json) == report)
    }

    @Test("B7 what is not set up is an error, and has no state (C16)")
    func setUp() {
        let report = CircuitBreakerError.noServer.report()
        #expect(report.kind == .notSetUp)
        #expect(report.severity == .error)
        #expect(report.state == nil)
        #expect(report.service == nil)
        #expect(report.retryAfterMilliseconds == nil)
        let zero = CircuitBreakerError.open("api", retryAfter: .zero, lastFailure: nil).report()
        #expect(zero.retryAfterMilliseconds == 0)
    }
}
