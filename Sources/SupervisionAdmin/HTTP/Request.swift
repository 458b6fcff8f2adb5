#if Admin
/// An HTTP request that has come in whole.
struct Request: Sendable {
    var method: String
    /// The parts of the path between its slashes, as they were sent: not decoded.
    var path: [String]
    /// The parameters behind the path, decoded, in the order in which they were sent.
    var query: [(name: String, value: String)]
    /// By lower-case name. One that was sent more than once has its values joined by commas.
    var headers: [String: String]
    var body: [UInt8]

    func values(of parameter: String) -> [String] {
        query.filter { $0.name == parameter }.map(\.value)
    }
}
#endif
