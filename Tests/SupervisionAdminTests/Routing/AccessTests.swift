#if Admin
import CircuitBreakers
import Testing

@testable import SupervisionAdmin

@Suite("Who may ask")
struct AccessTests {
    private let access = Access(token: Array("0123456789abcdef".utf8), hosts: ["ops.example"], allowsChanges: false)

    private func request(_ headers: [String: String]) -> Request {
        Request(method: "GET", path: ["tree"], query: [], headers: headers, body: [])
    }

    private func status(_ headers: [String: String]) -> Int? {
        do {
            try access.check(request(headers))
            return nil
        } catch {
            return error.status
        }
    }

    private func isLetIn(_ authorization: String?) -> Bool {
        (try? access.checkToken(request(authorization.map { ["authorization": $0] } ?? [:]))) != nil
    }

    @Test(
        "a request names the endpoint by a loopback name, or one that it was given",
        arguments: [
            "localhost", "LOCALHOST:80", "127.0.0.1:8080", "127.9.9.9", "[::1]:80", "ops.example", "Ops.Example:443",
        ]
    )
    func hosts(_ host: String) {
        #expect(status(["host": host]) == nil)
    }

    @Test(
        "a name that somebody has made to lead here is refused, whatever it looks like",
        arguments: [
            "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.256", "127.1", "", "[::2]",
            "x@localhost",
        ]
    )
    func otherHosts(_ host: String) {
        #expect(status(["host": host]) == 421)
    }

    @Test("a request without a host is refused")
    func noHost() {
        #expect(status([:]) == 400)
    }

    @Test("a page of another site may not ask")
    func origins() {
        #expect(status(["host": "localhost:80", "origin": "http://localhost:80"]) == nil)
        #expect(status(["host": "localhost:80", "origin": "https://localhost:80"]) == nil)
        #expect(status(["host": "localhost:80", "origin": "http://localhost:81"]) == 403)
        #expect(status(["host": "localhost", "origin": "null"]) == 403)
        #expect(status(["host": "localhost", "sec-fetch-site": "same-origin"]) == nil)
        #expect(status(["host": "localhost", "sec-fetch-site": "none"]) == nil)
        #expect(status(["host": "localhost", "sec-fetch-site": "cross-site"]) == 403)
        #expect(status(["host": "localhost", "sec-fetch-site": "same-site"]) == 403)
        // But a link there may lead here: what it shows is the operator's to see.
        #expect(status(["host": "localhost", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"]) == nil)
        #expect(status(["host": "localhost", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"]) == 403)
    }

    @Test("the token lets in, and nothing else does")
    func token() {
        #expect(isLetIn("Bearer 0123456789abcdef"))
        #expect(isLetIn("bearer 0123456789abcdef"))
        for shown in [
            nil, "", "Bearer", "Bearer ", "0123456789abcdef", "Basic 0123456789abcdef", "Bearer 0123456789abcde",
            "Bearer 0123456789abcdef0", "Bearer 0123456789abcdef0123456789abcdef", "Bearer 0123456789abcdeF",
        ] {
            #expect(!isLetIn(shown), "\(shown ?? "nothing")")
        }
    }

    @Test("an empty token is equal to nothing")
    func emptyToken() {
        #expect(!Access.isEqual([], []))
    }

    @Test("with changes switched off all can be looked at, and nothing changed")
    func changes() {
        #expect((try? access.check(AdminMessage.circuits(.states))) != nil)
        #expect((try? access.check(AdminMessage.circuits(.reset("users")))) == nil)
        #expect((try? access.check(AdminMessage.tree(.observe(path: "app/users", log: 1, trace: false)))) == nil)
    }

    @Test("a token is never printed")
    func secrecy() {
        var text = ""
        dump(AdminToken.file("/run/token"), to: &text)
        #expect("\(AdminToken.environment("SECRET"))" == "the token of the environment variable SECRET")
        #expect(text.contains("the token of the file /run/token"))
    }
}
#endif
