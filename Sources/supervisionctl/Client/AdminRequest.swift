#if Admin
import SupervisionAdmin

/// A request to the endpoint, and the bytes that it is sent as.
struct AdminRequest: Equatable, Sendable {
    var method = "GET"
    /// The parts of the path, as they are read: a name with a slash in it stays one part.
    var path: [String]
    var query: [(name: String, value: String)] = []
    /// JSON.
    var body: [UInt8]?
    /// The id of the last event that was seen.
    var lastEventID: String?
    var accept = "application/json"

    /// Asks for something.
    static func get(_ path: String..., query: [(name: String, value: String?)] = []) -> AdminRequest {
        AdminRequest(path: path, query: query.compactMap { entry in entry.value.map { (entry.name, $0) } })
    }

    /// Changes something.
    static func post(_ path: String..., body: [UInt8]? = nil) -> AdminRequest {
        AdminRequest(method: "POST", path: path, body: body)
    }

    /// The request line's target.
    var target: String {
        let path = "/" + path.map(PercentCoding.encoded).joined(separator: "/")
        if query.isEmpty { return path }
        return path + "?"
            + query.map { "\(PercentCoding.encoded($0.name))=\(PercentCoding.encoded($0.value))" }.joined(
                separator: "&"
            )
    }

    /// What is sent: one request, after whose answer the connection ends.
    func bytes(to address: EndpointAddress, token: String?) -> [UInt8] {
        var head = """
            \(method) \(target) HTTP/1.1\r
            Host: \(address.hostHeader)\r
            User-Agent: supervisionctl\r
            Accept: \(accept)\r
            Connection: close\r\n
            """
        if let token { head += "Authorization: Bearer \(token)\r\n" }
        if let lastEventID { head += "Last-Event-ID: \(lastEventID)\r\n" }
        if let body { head += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n" }
        if body == nil, method != "GET" { head += "Content-Length: 0\r\n" }
        return Array(head.utf8) + [13, 10] + (body ?? [])
    }

    static func == (left: AdminRequest, right: AdminRequest) -> Bool {
        left.method == right.method && left.target == right.target && left.body == right.body
            && left.lastEventID == right.lastEventID && left.accept == right.accept
    }
}
#endif
