#if Admin
/// One frame of a stream of server-sent events.
struct StreamFrame: Equatable, Sendable {
    /// `message` unless the frame names another.
    var event = "message"
    var data: String
    /// The id of this frame, or of the last one that had any.
    var id: String?
}

/// Reads server-sent events from bytes that come in pieces of any size.
struct EventStreamParser {
    /// More in one frame is taken for no event of the endpoint.
    static let longestFrame = 1024 * 1024

    /// Where to go on from after this connection.
    private(set) var lastID: String?
    private var line: [UInt8] = []
    private var event: String?
    private var data: [String] = []
    private var frameSize = 0
    private var hasReturned = false
    private var isAtStart = true

    /// Takes what has come. Returns the frames that are complete with it.
    mutating func take(_ bytes: some Sequence<UInt8>) throws(ResponseFault) -> [StreamFrame] {
        var frames: [StreamFrame] = []
        for byte in bytes {
            // A line ends with CR, LF, or the two of them.
            let isSecondHalf = hasReturned && byte == UInt8(ascii: "\n")
            hasReturned = byte == UInt8(ascii: "\r")
            if isSecondHalf { continue }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                if let frame = endLine() { frames.append(frame) }
            } else {
                line.append(byte)
                frameSize += 1
                if frameSize > Self.longestFrame {
                    throw ResponseFault(reason: "one event has more than \(Self.longestFrame) bytes")
                }
            }
        }
        return frames
    }

    private mutating func endLine() -> StreamFrame? {
        if isAtStart, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isAtStart = false
        let text = String(decoding: line, as: UTF8.self)
        line.removeAll(keepingCapacity: true)
        if text.isEmpty { return endFrame() }
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        var value = text[colon...].dropFirst()
        if value.first == " " { value = value.dropFirst() }
        switch text[..<colon] {
        case "event": event = String(value)
        case "data": data.append(String(value))
        case "id" where !value.utf8.contains(0): lastID = String(value)
        // A line that begins with a colon is a comment; an unknown field says nothing.
        default: break
        }
        return nil
    }

    private mutating func endFrame() -> StreamFrame? {
        defer { (event, data, frameSize) = (nil, [], 0) }
        guard !data.isEmpty else { return nil }
        return StreamFrame(event: event ?? "message", data: data.joined(separator: "\n"), id: lastID)
    }
}
#endif
