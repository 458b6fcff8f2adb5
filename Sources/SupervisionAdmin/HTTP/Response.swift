#if Admin
/// The statuses that the endpoint answers with.
enum Status: Int, Sendable {
    case ok = 200
    case badRequest = 400
    case unauthorized = 401
    case forbidden = 403
    case notFound = 404
    case methodNotAllowed = 405
    case requestTimeout = 408
    case conflict = 409
    case bodyTooLarge = 413
    case mediaTypeNotSupported = 415
    case misdirected = 421
    case headTooLarge = 431
    case internalError = 500
    case notImplemented = 501
    case unavailable = 503
    case versionNotSupported = 505

    var phrase: String {
        switch self {
        case .ok: "OK"
        case .badRequest: "Bad Request"
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .notFound: "Not Found"
        case .methodNotAllowed: "Method Not Allowed"
        case .requestTimeout: "Request Timeout"
        case .conflict: "Conflict"
        case .bodyTooLarge: "Content Too Large"
        case .mediaTypeNotSupported: "Unsupported Media Type"
        case .misdirected: "Misdirected Request"
        case .headTooLarge: "Request Header Fields Too Large"
        case .internalError: "Internal Server Error"
        case .notImplemented: "Not Implemented"
        case .unavailable: "Service Unavailable"
        case .versionNotSupported: "HTTP Version Not Supported"
        }
    }
}

extension Problem {
    init(_ status: Status, _ detail: String, known: [String]? = nil) {
        self.init(type: "about:blank", title: status.phrase, status: status.rawValue, detail: detail, known: known)
    }
}

/// What a request is answered.
struct Response: Sendable {
    var status = Status.ok
    var contentType: String
    var body: Body
    /// Beside those that each response has.
    var headers: [(name: String, value: String)] = []

    enum Body: Sendable {
        case bytes([UInt8])
        /// Events without an end.
        case events(EventReader)
    }

    /// The bytes up to the body.
    var head: [UInt8] {
        var lines = ["HTTP/1.1 \(status.rawValue) \(status.phrase)", "Content-Type: \(contentType)"]
        if case .bytes(let bytes) = body { lines.append("Content-Length: \(bytes.count)") }
        lines += [
            "Cache-Control: no-store",
            "Connection: close",
            "Content-Security-Policy: \(Self.contentSecurityPolicy)",
            "Cross-Origin-Resource-Policy: same-origin",
            "Referrer-Policy: no-referrer",
            "X-Content-Type-Options: nosniff",
            "X-Frame-Options: DENY",
        ]
        lines += headers.map { "\($0.name): \($0.value)" }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// Nothing is loaded from elsewhere, nothing written in the page is run, and no other page can show this one.
    private static let contentSecurityPolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
        base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """
}
#endif
