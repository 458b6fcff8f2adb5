#if Admin
import CircuitBreakers
import Foundation
import SupervisionAdmin
import Testing

@Suite("What the admin endpoint tells, as JSON")
struct ModelTests {
    @Test("B27 A circuit's report is one flat object, and is read again as it was")
    func circuit() throws {
        var counts = CircuitCounts()
        counts.failures = 3
        let report = CircuitReport(CircuitFigures(service: "users", state: .open), counts: counts, faults: nil)
        let data = try JSONEncoder().encode(report)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["state"] as? String == "open")
        #expect(object["health"] as? String == "unhealthy")
        #expect((object["counts"] as? [String: Any])?["failures"] as? Int == 3)
        #expect(try JSONDecoder().decode(CircuitReport.self, from: data) == report)
    }
}
#endif
