#if Admin
import Testing

@testable import SupervisionAdmin

@Suite("What somebody may have meant")
struct NearNamesTests {
    @Test("the nearest come first")
    func nearest() {
        #expect(
            NearNames.nearest(to: "usr-api", among: ["billing", "user-api", "users-api"]) == ["user-api", "users-api"]
        )
        #expect(NearNames.nearest(to: "USER-API", among: ["billing", "user-api"]) == ["user-api"])
    }

    @Test("when none is near, the first few by the alphabet, and of nothing nothing")
    func far() {
        let names = (0..<9).map { "service-\($0)" }
        #expect(NearNames.nearest(to: "x", among: names) == Array(names.prefix(5)))
        #expect(NearNames.nearest(to: "x", among: []).isEmpty)
    }

    @Test("the distance is the number of letters to change")
    func distance() {
        for (left, right, distance) in [("", "", 0), ("a", "", 1), ("abc", "abd", 1), ("kitten", "sitting", 3)] {
            #expect(NearNames.distance(Array(left), Array(right)) == distance)
        }
    }
}
#endif
