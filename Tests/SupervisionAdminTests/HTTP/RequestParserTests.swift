#if Admin
import Testing

@testable import SupervisionAdmin

@Suite("Requests are read strictly, within limits, in whatever pieces they come")
struct RequestParserTests {
    private func parse(_ text: String) throws -> Request? {
        var parser = RequestParser()
        return try parser.take(text.utf8)
    }

    private func status(of text: String) -> Int? {
        do {
            _ = try parse(text)
            return nil
        } catch {
            return (error as? Problem)?.status
        }
    }

    @Test("a request is read, with its path, query, headers and body")
    func whole() throws {
        let text =
            "POST /circuits/a%2Fb/reset?x=1&y=a%20b+c&z HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\nX-A: 1 \r\nx-a:2\r\n\r\n{}"
        let request = try #require(try parse(text))
        #expect(request.method == "POST")
        #expect(request.path == ["circuits", "a%2Fb", "reset"])
        #expect(request.query.map(\.name) == ["x", "y", "z"])
        #expect(request.query.map(\.value) == ["1", "a b c", ""])
        #expect(request.headers == ["host": "here", "content-length": "2", "x-a": "1, 2"])
        #expect(request.body == Array("{}".utf8))
    }

    @Test("a request is the same in one piece, byte by byte, and with bare line feeds")
    func pieces() throws {
        let text = "POST /messages HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
        for variant in [text, text.replacing("\r\n", with: "\n")] {
            var parser = RequestParser()
            var request: Request?
            for byte in variant.utf8 {
                #expect(request == nil)
                request = try parser.take([byte])
            }
            #expect(request?.body == Array("hello".utf8))
            #expect(request?.headers["host"] == "x")
            #expect(!parser.hasExcess)
        }
    }

    @Test("what comes behind a request is noticed, and not read")
    func excess() throws {
        var parser = RequestParser()
        let request = try parser.take("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /tree HTTP/1.1\r\n".utf8)
        #expect(request?.path == [""])
        #expect(parser.hasExcess)
    }

    @Test(
        "what is no request, or could be read in two ways, is refused",
        arguments: [
            "GET /\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET tree HTTP/1.1\r\n\r\n", "G\u{7f}T / HTTP/1.1\r\n\r\n",
            "GET http://x/ HTTP/1.1\r\n\r\n", "GET /\u{1} HTTP/1.1\r\n\r\n", "\r\n\r\n", "GET /ü HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost\r\n\r\n", "GET / HTTP/1.1\r\nHo st: x\r\n\r\n", "GET / HTTP/1.1\r\n: x\r\n\r\n",
            "GET / HTTP/1.1\r\nA: x\r\n folded\r\n\r\n", "GET / HTTP/1.1\r\nA: \u{0}\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length:\r\n\r\n",
            "GET /?a=%zz HTTP/1.1\r\n\r\n", "GET /?a=%c3%28 HTTP/1.1\r\n\r\n", "GET /?a=%00 HTTP/1.1\r\n\r\n",
        ]
    )
    func malformed(_ text: String) {
        #expect(status(of: text) == 400)
    }

    @Test("what is too large, or not understood, is refused by its own status")
    func refused() {
        let long = String(repeating: "x", count: 20_000)
        #expect(status(of: "GET /\(long)") == 431)
        #expect(status(of: "GET / HTTP/1.1\r\nA: \(long)\r\n\r\n") == 431)
        #expect(status(of: "GET / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n") == 413)
        #expect(status(of: "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n") == 413)
        #expect(status(of: "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n") == 501)
        #expect(status(of: "GET / HTTP/2.0\r\n\r\n") == 505)
    }

    @Test("the largest head and the largest body are taken")
    func largest() throws {
        let start = "POST / HTTP/1.1\r\nContent-Length: 65536\r\nA: "
        let rest = 16 * 1_024 - start.utf8.count - 4
        let head = start + String(repeating: "x", count: rest) + "\r\n\r\n"
        #expect(head.utf8.count == 16 * 1_024)
        let request = try #require(try parse(head + String(repeating: "y", count: 65_536)))
        #expect(request.body.count == 65_536)
    }

    @Test("text is coded for a path, and decoded again")
    func coding() throws {
        for text in ["app/users", "session#17", "ü ?&%", "a+b"] {
            let coded = PercentCoding.encoded(text)
            #expect(coded.utf8.allSatisfy { $0 < 0x80 } && !coded.contains("/") && !coded.contains("#"))
            #expect(try PercentCoding.decoded(coded[...]) == text)
        }
    }
}
#endif
