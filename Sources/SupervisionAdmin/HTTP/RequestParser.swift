#if Admin
/// Reads one request from the bytes of a connection, in whatever pieces they come. It keeps no more than the limits.
///
/// | State | Event | Becomes |
/// |---|---|---|
/// | head | bytes without an empty line | head; a problem when there are too many |
/// | head | an empty line | body; or done, when there is none; or a problem |
/// | body | bytes | body; or done, when all have come |
///
/// It is stricter than HTTP asks of a server: what two readers could understand differently is a problem. A connection
/// carries one request, so bytes behind it are nobody's.
struct RequestParser {
    struct Limits: Sendable {
        var head = 16 * 1_024
        var body = 64 * 1_024
    }

    private enum State {
        case head
        case body(Request, length: Int)
        case done
    }

    private let limits: Limits
    private var state = State.head
    private var buffer: [UInt8] = []
    /// Up to where the head is known to have no empty line.
    private var searched = 0

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Whether there were bytes behind the request.
    var hasExcess: Bool {
        if case .done = state { return !buffer.isEmpty }
        return false
    }

    /// Whether nothing has come yet.
    var isUntouched: Bool {
        if case .head = state { return buffer.isEmpty }
        return false
    }

    /// Takes bytes; gives the request once it is there.
    mutating func take(_ bytes: some Sequence<UInt8>) throws(Problem) -> Request? {
        buffer.append(contentsOf: bytes)
        if case .head = state {
            guard let end = endOfHead else {
                if buffer.count > limits.head { throw headTooLarge }
                return nil
            }
            if end > limits.head { throw headTooLarge }
            let request = try Self.head(buffer[..<end])
            let length = try length(of: request)
            buffer.removeFirst(end)
            state = .body(request, length: length)
        }
        if case .body(var request, let length) = state, buffer.count >= length {
            request.body = Array(buffer.prefix(length))
            buffer.removeFirst(length)
            state = .done
            return request
        }
        return nil
    }

    /// The index behind the empty line that ends the head.
    private var endOfHead: Int? {
        mutating get {
            var index = searched
            while index < buffer.count {
                if buffer[index] == UInt8(ascii: "\n") {
                    if index >= 1, buffer[index - 1] == UInt8(ascii: "\n") { return index + 1 }
                    if index >= 3, buffer[index - 3...index].elementsEqual("\r\n\r\n".utf8) { return index + 1 }
                }
                index += 1
            }
            searched = index
            return nil
        }
    }

    private var headTooLarge: Problem {
        .init(.headTooLarge, "the request line and the headers have more than \(limits.head) bytes")
    }

    private func length(of request: Request) throws(Problem) -> Int {
        if request.headers["transfer-encoding"] != nil {
            throw Problem(.notImplemented, "Transfer-Encoding is not understood; send the body with Content-Length")
        }
        guard let text = request.headers["content-length"] else { return 0 }
        guard !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else {
            throw Problem(.badRequest, "Content-Length is '\(text.shortened)', which is not a number")
        }
        guard let length = Int(text), length <= limits.body else {
            throw Problem(.bodyTooLarge, "the body has \(text.shortened) bytes, and at most \(limits.body) are taken")
        }
        return length
    }

    // MARK: The head

    private static func head(_ bytes: ArraySlice<UInt8>) throws(Problem) -> Request {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
        for index in lines.indices where lines[index].last == UInt8(ascii: "\r") { lines[index].removeLast() }
        let first = lines.popFirst() ?? []
        var request = try requestLine(first)
        for line in lines where !line.isEmpty {
            let (name, value) = try header(line)
            if let former = request.headers[name] {
                if name == "host" || name == "content-length" || name == "authorization" {
                    throw Problem(.badRequest, "the header \(name) was sent more than once")
                }
                request.headers[name] = "\(former), \(value)"
            } else {
                request.headers[name] = value
            }
        }
        return request
    }

    private static func requestLine(_ line: ArraySlice<UInt8>) throws(Problem) -> Request {
        let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(\.isTokenCharacter),
            parts[1].allSatisfy({ 0x21...0x7e ~= $0 })
        else {
            throw Problem(.badRequest, "the first line is no request; expected is one such as 'GET /tree HTTP/1.1'")
        }
        let version = text(parts[2])
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw Problem(.versionNotSupported, "the version is '\(version.shortened)'; HTTP/1.1 is understood")
        }
        let target = text(parts[1])
        guard target.first == "/" else {
            throw Problem(.badRequest, "the target is '\(target.shortened)'; expected is a path such as /tree")
        }
        let pieces = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return Request(
            method: text(parts[0]),
            path: pieces[0].dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init),
            query: pieces.count > 1 ? try query(pieces[1]) : [],
            headers: [:],
            body: []
        )
    }

    private static func header(_ line: ArraySlice<UInt8>) throws(Problem) -> (name: String, value: String) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy(\.isTokenCharacter)
        else {
            throw Problem(.badRequest, "'\(text(line).shortened)' is no header; expected is 'Name: value'")
        }
        let value = line[(colon + 1)...]
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
            throw Problem(.badRequest, "the header \(text(line[..<colon]).shortened) has control characters")
        }
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        let trimmed = value.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
        return (text(line[..<colon]).lowercased(), text(Array(trimmed)[...]))
    }

    private static func query(_ text: Substring) throws(Problem) -> [(name: String, value: String)] {
        var query: [(name: String, value: String)] = []
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? try PercentCoding.decoded(parts[1], plusIsSpace: true) : ""
            query.append((try PercentCoding.decoded(parts[0], plusIsSpace: true), value))
        }
        return query
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}

extension UInt8 {
    /// Whether it may stand in the name of a method or a header.
    fileprivate var isTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
#endif
