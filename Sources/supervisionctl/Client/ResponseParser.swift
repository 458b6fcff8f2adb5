#if Admin
/// The status and headers of a response.
struct ResponseHead: Equatable, Sendable {
    var status: Int
    /// By name in small letters; of several of a name the last.
    var headers: [String: String]

    /// The type of the body without its parameters.
    var mediaType: String? {
        headers["content-type"].map { type in
            String(type.prefix { $0 != ";" }).trimmed.lowercased()
        }
    }
}

/// What a response has that this program does not understand.
struct ResponseFault: Error, Equatable {
    var reason: String
}

/// Reads a response from bytes that come in pieces of any size.
struct ResponseParser {
    /// More is taken for no answer of the endpoint.
    static let longestHead = 64 * 1024

    /// Known when all of it has come.
    private(set) var head: ResponseHead?
    private var headBytes: [UInt8] = []
    /// What is missing of a body of known length; nil when it goes on until the connection ends.
    private var missing: Int?

    /// Whether nothing more belongs to the response.
    var isComplete: Bool { head != nil && missing == 0 }

    /// Takes what has come. Returns what of it belongs to the body.
    mutating func take(_ bytes: [UInt8]) throws(ResponseFault) -> [UInt8] {
        if head != nil { return body(bytes[...]) }
        for (index, byte) in bytes.enumerated() {
            headBytes.append(byte)
            if byte == UInt8(ascii: "\n"), headBytes.endsHead {
                let lines = headBytes
                headBytes = []
                let head = try Self.head(lines)
                // An interim answer: the real one follows.
                if head.status < 200 { continue }
                missing = try Self.length(head)
                self.head = head
                return body(bytes[(index + 1)...])
            }
            if headBytes.count > Self.longestHead {
                throw ResponseFault(reason: "its head has more than \(Self.longestHead) bytes")
            }
        }
        return []
    }

    /// The connection has ended.
    func end() throws(ResponseFault) {
        guard head != nil else {
            throw ResponseFault(reason: headBytes.isEmpty ? "it was empty" : "it ended within its head")
        }
        if let missing, missing > 0 {
            throw ResponseFault(reason: "it ended \(missing) bytes too early")
        }
    }

    private mutating func body(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        guard let missing else { return Array(bytes) }
        let part = bytes.prefix(missing)
        self.missing = missing - part.count
        return Array(part)
    }

    private static func head(_ bytes: [UInt8]) throws(ResponseFault) -> ResponseHead {
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
        guard words.count >= 2, words[0] == "HTTP/1.1" || words[0] == "HTTP/1.0", words[1].utf8.count == 3,
            let status = Int(words[1]), (100...599).contains(status)
        else {
            throw ResponseFault(reason: "it does not begin as an answer of HTTP/1.1 does")
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else {
                throw ResponseFault(reason: "it has a header without a colon")
            }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...]).trimmed
        }
        return ResponseHead(status: status, headers: headers)
    }

    private static func length(_ head: ResponseHead) throws(ResponseFault) -> Int? {
        if let coding = head.headers["transfer-encoding"] {
            throw ResponseFault(reason: "it is coded as '\(coding)', which no endpoint of this library does")
        }
        guard let text = head.headers["content-length"] else { return nil }
        guard let length = Int(text), length >= 0 else {
            throw ResponseFault(reason: "its length is '\(text)'")
        }
        return length
    }
}

extension [UInt8] {
    /// Whether a line without anything is the last.
    fileprivate var endsHead: Bool {
        suffix(4) == [13, 10, 13, 10] || suffix(2) == [10, 10]
    }
}

extension String {
    /// Without blanks around it.
    var trimmed: String {
        let front = drop { $0 == " " || $0 == "\t" }
        return String(front.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}
#endif
