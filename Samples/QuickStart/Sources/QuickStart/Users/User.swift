/// Somebody whom the upstream knows.
struct User: Sendable, Codable, Hashable {
    var id: Int
    var name: String
}
