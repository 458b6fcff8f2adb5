/// What a place is made with, but for what depends on the type of its server.
@usableFromInline
struct PlaceSetup: Sendable {
    var runtime: Runtime
    var id: ChildID
    /// Whether the id is also the name that the server is registered under.
    var isNamed = false
    var settings: PlaceSettings
    var rules: ServerRules?
    var parent: PlaceParent
    var key: ChildKey
    var isSelfManaged = false
}
