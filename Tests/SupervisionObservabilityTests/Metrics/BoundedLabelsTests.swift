#if Observability
import Testing

@testable import SupervisionObservability

/// Labels of which there are only so many.
struct BoundedLabelsTests {
    @Test(
        "Children of a dynamic supervisor share a label",
        arguments: [
            ("app/users", "app/users"),
            ("app/sessions/session#17", "app/sessions/session"),
            ("app/rooms/room#3/members/member#12", "app/rooms/room/members/member"),
            ("app/c#", "app/c"), ("app/c#sharp", "app/c#sharp"), ("", ""), ("/", "/"),
        ]
    )
    func collapses(_ path: String, _ label: String) {
        var labels = BoundedLabels(limit: 10)
        #expect(labels.label(path: path) == label)
    }

    @Test("What comes after the limit is other; what is known stays")
    func isBounded() {
        var labels = BoundedLabels(limit: 2)
        #expect(["a", "b", "c", "a", "d"].map { labels.label($0) } == ["a", "b", "other", "a", "other"])
    }

    @Test("With no room at all everything is other")
    func withoutRoom() {
        var labels = BoundedLabels(limit: 0)
        #expect(labels.label(path: "app") == "other")
    }
}
#endif
