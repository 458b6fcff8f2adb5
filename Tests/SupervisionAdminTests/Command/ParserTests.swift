#if Admin
import Testing

@testable import supervisionctl

@Suite("supervisionctl reads responses and events")
struct ParserTests {
    private func read(_ text: String, piece: Int) throws -> (ResponseParser, String) {
        var parser = ResponseParser()
        var body: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            body += try parser.take(Array(rest.prefix(piece)))
            rest = rest.dropFirst(piece)
        }
        return (parser, String(decoding: body, as: UTF8.self))
    }

    @Test("A response is the same in pieces of any size", arguments: [1, 2, 3, 7, 64, 4096])
    func pieces(piece: Int) throws {
        let text =
            "HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nContent-Length: 5\r\n\r\nhällmore"
        let (parser, body) = try read(text, piece: piece)
        #expect(parser.head?.status == 404)
        #expect(parser.head?.mediaType == "application/problem+json")
        #expect(body == "häll")
        #expect(parser.isComplete)
        try parser.end()
    }

    @Test("A body without a length goes on until the connection ends")
    func untilClose() throws {
        let (parser, body) = try read(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: 1\r\n\r\n",
            piece: 1
        )
        #expect(!parser.isComplete)
        #expect(body == "id: 1\r\n\r\n")
        try parser.end()
    }

    @Test("An interim answer is passed over")
    func interim() throws {
        let (parser, body) = try read(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            piece: 1
        )
        #expect(parser.head?.status == 200)
        #expect(body == "ok")
    }

    @Test(
        "What is no answer is told",
        arguments: [
            "SSH-2.0-OpenSSH_9.6\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        ]
    )
    func faults(text: String) {
        #expect(throws: ResponseFault.self) { _ = try read(text, piece: 1) }
    }

    @Test("A head without an end is given up at its limit, and an answer that is cut off is told")
    func limits() throws {
        var parser = ResponseParser()
        _ = try parser.take(Array("HTTP/1.1 200 OK\r\n".utf8))
        #expect(throws: ResponseFault.self) {
            for _ in 0...ResponseParser.longestHead / 100 { _ = try parser.take(Array(repeating: 65, count: 100)) }
        }
        #expect(throws: ResponseFault(reason: "it was empty")) { try ResponseParser().end() }
        let (short, _) = try read("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", piece: 4096)
        #expect(throws: ResponseFault(reason: "it ended 7 bytes too early")) { try short.end() }
        let (cut, _) = try read("HTTP/1.1 200 OK\r\nConte", piece: 4096)
        #expect(throws: ResponseFault(reason: "it ended within its head")) { try cut.end() }
    }

    @Test(
        "Events are the same in pieces of any size, with any end of line",
        arguments: [1, 2, 5, 4096],
        ["\n", "\r\n", "\r"]
    )
    func events(piece: Int, newline: String) throws {
        let lines = [
            ": hello", "", "id: a-1", "data: one", "", "data: two", "data:three", "", "event: lost", "data: {}",
            "id: a-9",
            "", "retry: 3", "id: b-1", "", "data: end", "unfinished",
        ]
        var parser = EventStreamParser()
        var frames: [StreamFrame] = []
        var rest = Array(lines.joined(separator: newline).utf8)[...]
        while !rest.isEmpty {
            frames += try parser.take(rest.prefix(piece))
            rest = rest.dropFirst(piece)
        }
        #expect(
            frames == [
                StreamFrame(data: "one", id: "a-1"), StreamFrame(data: "two\nthree", id: "a-1"),
                StreamFrame(event: "lost", data: "{}", id: "a-9"),
            ]
        )
        #expect(parser.lastID == "b-1")
    }

    @Test("An event without an end is given up at its limit; a mark of byte order is passed over")
    func eventLimits() throws {
        var parser = EventStreamParser()
        #expect(try parser.take([0xEF, 0xBB, 0xBF] + Array("data: x\n\n".utf8)) == [StreamFrame(data: "x")])
        #expect(throws: ResponseFault.self) {
            for _ in 0...EventStreamParser.longestFrame / 1000 {
                _ = try parser.take(Array(repeating: 65, count: 1001))
            }
        }
    }

    @Test("A request names its host, its token, and paths of any characters")
    func requests() throws {
        let request = AdminRequest.get(
            "servers",
            "app/session#17 ü",
            query: [("depth", "2"), ("from", nil), ("path", "a&b")]
        )
        #expect(request.target == "/servers/app%2Fsession%2317%20%C3%BC?depth=2&path=a%26b")
        let text = String(decoding: request.bytes(to: .socket(path: "/x"), token: nil), as: UTF8.self)
        #expect(
            text.hasPrefix(
                "GET /servers/app%2Fsession%2317%20%C3%BC?depth=2&path=a%26b HTTP/1.1\r\nHost: localhost\r\n"
            )
        )
        #expect(text.hasSuffix("\r\n\r\n"))
        #expect(!text.contains("Authorization"))
        let post = AdminRequest.post("messages", body: Array("{}".utf8))
        let sent = String(decoding: post.bytes(to: .tcp(host: "::1", port: 99), token: "secret"), as: UTF8.self)
        #expect(sent.contains("Host: [::1]:99\r\n"))
        #expect(sent.contains("Authorization: Bearer secret\r\n"))
        #expect(sent.hasSuffix("Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"))
    }
}
#endif
