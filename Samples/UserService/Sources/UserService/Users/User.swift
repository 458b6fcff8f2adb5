/// A user, as the upstream tells of it.
struct User: Codable, Sendable {
    var id: Int
    var name: String
}
