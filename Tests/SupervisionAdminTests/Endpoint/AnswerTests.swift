#if Admin
import CircuitBreakers
import Foundation
import Supervision
import SupervisionTesting
import Testing

@testable import SupervisionAdmin

@Suite("What the endpoint answers, over a Unix socket", .timeLimit(.minutes(1)))
struct AnswerTests {
    let bench: EndpointBench

    init() throws { bench = try EndpointBench() }

    @Test("the tree, with as much of it as was asked for")
    func tree() async throws {
        try await bench.run { bench in
            for _ in 0..<3 {
                try await ServerRef(.sessions, in: bench.runtime).startChild("session") { Clerk() }
            }
            let whole: TreeNode = try await bench.get("/tree").json()
            #expect(whole.path == "app")
            #expect(whole.strategy == "one-for-one")
            #expect(whole.children?.map(\.id) == ["admin", "circuit-breakers", "clerk", "sessions"])
            #expect(whole.children?.last?.children?.count == 3)
            let flat: TreeNode = try await bench.get("/tree?depth=0").json()
            #expect(flat.childCount == 4)
            #expect(flat.children == nil)
            let page: TreeNode = try await bench.get("/tree?path=app/sessions&limit=2").json()
            #expect(page.children?.map(\.id) == ["session#1", "session#2"])
            #expect(page.next == "app/sessions/session#3")
            #expect(page.childCount == 3)
            let rest: TreeNode = try await bench.get("/tree?path=app%2Fsessions&from=app/sessions/session%233").json()
            #expect(rest.children?.map(\.id) == ["session#3"])
            #expect(rest.next == nil)
        }
    }

    @Test("B27 the circuits, and one of them with its figures")
    func circuits() async throws {
        try await bench.run { bench in
            try await bench.openCircuit("user-api")
            await bench.runtime.run { try? await CircuitBreakerServer.call("billing") {} }
            let all: CircuitsReport = try await bench.get("/circuits").json()
            #expect(all.health == .unhealthy)
            #expect(all.circuits.map(\.figures.service) == ["billing", "user-api"])
            let one: CircuitReport = try await bench.get("/circuits/user-api").json()
            #expect(one.figures.state == .open)
            #expect(one.figures.failuresByType == ["Down": 2])
            #expect(one.figures.retryAfter ?? .zero > .seconds(50))
            #expect(one.counts.failures == 2)
        }
    }

    @Test("B19 a circuit that a failing service has opened is seen, and reset")
    func reset() async throws {
        try await bench.run { bench in
            var events = try await EventConnection(bench, "?type=circuit")
            try await bench.openCircuit("user-api")
            let opened = try await events.next { $0.to == "open" }
            #expect(opened.service == "user-api")
            #expect(opened.level == "warning")
            let answer = try await bench.post("/circuits/user-api/reset")
            #expect(answer.status == 200)
            #expect(answer.body == #"{"reply":"done"}"#)
            let closed = try await events.next { $0.to == "closed" }
            #expect(closed.text.contains("reset by an operator"))
            let report: CircuitReport = try await bench.get("/circuits/user-api").json()
            #expect(report.figures.state == .closed)
        }
    }

    @Test(
        "B18 the short forms do what their messages do",
        arguments: [("open", "forcedOpen"), ("disable", "disabled"), ("measure", "metricsOnly")]
    )
    func overrides(_ action: String, _ state: String) async throws {
        try await bench.run { bench in
            try await bench.openCircuit("a/b")
            #expect(try await bench.post("/circuits/a%2Fb/\(action)").status == 200)
            let forced: CircuitReport = try await bench.get("/circuits/a%2Fb").json()
            #expect(forced.figures.state.rawValue == state)
            #expect(try await bench.post("/circuits/a%2Fb/enable").status == 200)
            let enabled: CircuitReport = try await bench.get("/circuits/a%2Fb").json()
            #expect(enabled.figures.state == .closed)
        }
    }

    @Test("R70 a crash-looping child is found by its path, and stopped")
    func crashLoop() async throws {
        try await bench.run { bench in
            try await ServerRef(.app, in: bench.runtime).startChild(
                Worker("looper", backoff: .constant(.seconds(3_600))) { throw Down() }
            )
            await bench.recorder.waitFor { "\($0)".hasPrefix("app/looper crashed") }
            let tree: TreeNode = try await bench.get("/tree").json()
            let looper = try #require(tree.children?.first { $0.condition == .restarting })
            #expect(looper.path == "app/looper")
            #expect(try await bench.post("/children/app/looper/terminate").status == 200)
            let stopped: TreeNode = try await bench.get("/tree?path=app/looper").json()
            #expect(stopped.condition == .stopped)
        }
    }

    @Test(
        "R70 a child is restarted by its path, with the slashes coded or not",
        arguments: ["app/clerk", "app%2Fclerk"]
    )
    func restart(_ path: String) async throws {
        try await bench.run { bench in
            #expect(try await bench.post("/children/\(path)/restart").status == 200)
            let report: ServerReport = try await bench.get("/servers/\(path)").json()
            #expect(report.restarts == 1)
            #expect(report.kind == "Clerk")
            #expect(report.condition == .running)
        }
    }

    @Test("G17 a server is observed by a message, and tells its last messages")
    func observe() async throws {
        try await bench.run { bench in
            let observe = #"{"message":"observe","path":"app/clerk","log":3,"trace":true}"#
            #expect(try await bench.post("/messages", observe).body == #"{"reply":"done"}"#)
            let part = try await bench.get("/servers/app/clerk")
            let report: ServerReport = try part.json()
            #expect(report.observed?.received == 0)
            #expect(report.messages.isEmpty)
            #expect(try await bench.post("/messages", #"{"message":"suspend","path":"app/clerk"}"#).status == 200)
            let suspended: ServerReport = try await bench.get("/servers/app/clerk").json()
            #expect(suspended.isSuspended)
            #expect(try await bench.post("/messages", #"{"message":"resume","path":"app/clerk"}"#).status == 200)
            #expect(try await bench.post("/messages", #"{"message":"stopObserving","path":"app/clerk"}"#).status == 200)
            let plain: ServerReport = try await bench.get("/servers/app/clerk").json()
            #expect(!plain.isSuspended)
            #expect(plain.observed == nil)
        }
    }

    @Test("B25 any message of the circuits can be sent, and is answered by its reply")
    func messages() async throws {
        try await bench.run { bench in
            try await bench.openCircuit("user-api")
            let reply: CircuitBreakerServer.AdminReply = try await bench.post("/messages", #"{"message":"states"}"#)
                .json()
            guard case .states(let states) = reply else {
                Issue.record("\(reply)")
                return
            }
            #expect(states.map(\.state) == [.open])
            #expect(try await bench.post("/messages", #"{"message":"remove","service":"user-api"}"#).status == 200)
            let gone = try await bench.get("/circuits/user-api")
            #expect(gone.status == 404)
        }
    }

    @Test("an unknown name is a problem that names near ones")
    func unknown() async throws {
        try await bench.run { bench in
            try await bench.openCircuit("user-api")
            for answer in [
                try await bench.get("/circuits/usr-api"), try await bench.post("/circuits/usr-api/reset"),
                try await bench.post("/circuits/usr-api/open"), try await bench.post("/circuits/usr-api/disable"),
                try await bench.post("/messages", #"{"message":"reset","service":"usr-api"}"#),
            ] {
                #expect(answer.status == 404)
                #expect(answer.headers["content-type"] == "application/problem+json")
                #expect(answer.problem?.detail == "there is no circuit 'usr-api'; near ones: user-api")
                #expect(answer.problem?.known == ["user-api"])
            }
            let child = try await bench.post("/children/app/clark/restart")
            #expect(child.status == 404)
            #expect(child.problem?.known == ["app/clerk"])
        }
    }

    @Test("what is below a supervisor that was stopped is not there, and that is said")
    func stoppedSupervisor() async throws {
        try await bench.run { bench in
            try await ServerRef(.sessions, in: bench.runtime).startChild("session") { Clerk() }
            #expect(try await bench.post("/children/app/sessions/terminate").status == 200)
            let child = try await bench.get("/servers/app/sessions/session%231")
            #expect(child.status == 404)
            #expect(child.problem?.detail.contains("does not run; restart that first") == true)
            let tree: TreeNode = try await bench.get("/tree?path=app/sessions").json()
            #expect(tree.condition == .stopped)
            #expect(try await bench.post("/children/app/sessions/restart").status == 200)
        }
    }

    @Test("what a supervisor refuses is a conflict, in its words; so is the end of the endpoint itself")
    func conflicts() async throws {
        try await bench.run { bench in
            try await ServerRef(.sessions, in: bench.runtime).startChild("session") { Clerk() }
            let dynamic = try await bench.post("/children/app/sessions/session%231/restart")
            #expect(dynamic.status == 409)
            #expect(dynamic.problem?.detail.hasPrefix("'session#1' belongs to a dynamic supervisor") == true)
            for path in ["app", "app/admin"] {
                for action in ["restart", "terminate"] {
                    let own = try await bench.post("/children/\(path)/\(action)")
                    #expect(own.status == 409)
                    #expect(own.problem?.detail.hasPrefix("this endpoint is 'app/admin'") == true)
                }
            }
            #expect(try await bench.post("/messages", #"{"message":"suspend","path":"app/admin"}"#).status == 409)
        }
    }

    @Test(
        "a body that is no message is a problem that says what is wrong with it",
        arguments: [
            ("", "cannot be read"), ("[]", "message"), (#"{"message":1}"#, "'message'"),
            (#"{"message":"reset"}"#, "'service' is missing"),
            (#"{"message":"rest"}"#, "unknown message 'rest'"), (#"{"message":"restartChild"}"#, "'path' is missing"),
            (
                #"{"message":"observe","path":"app/clerk","log":1001}"#,
                "log is 1001; expected is a number from 0 to 1000"
            ),
        ]
    )
    func noMessages(_ body: String, _ words: String) async throws {
        try await bench.run { bench in
            let answer = try await bench.post("/messages", body)
            #expect(answer.status == 400)
            if words != "cannot be read" { #expect(answer.problem?.detail.contains(words) == true, "\(answer.body)") }
            #expect(answer.problem?.detail.hasPrefix("the body is no message: ") == true)
        }
    }

    @Test("what is not offered is said to be so, with what there is")
    func notOffered() async throws {
        try await bench.run { bench in
            #expect(try await bench.get("/nothing").status == 404)
            #expect(try await bench.get("/metrics").status == 404)
            #expect(try await bench.get("/tree?depth=101").status == 400)
            #expect(try await bench.get("/tree?limit=0").status == 400)
            #expect(try await bench.get("/tree?from=elsewhere").status == 404)
            #expect(try await bench.get("/events?level=loud").status == 400)
            #expect(try await bench.get("/events?type=circuit,all").status == 400)
            let method = try await bench.ask("DELETE", "/circuits/user-api")
            #expect(method.status == 405)
            #expect(method.headers["allow"] == "GET, HEAD")
            #expect(try await bench.get("/messages").headers["allow"] == "POST")
            let text = try await bench.post(
                "/messages",
                #"{"message":"states"}"#,
                headers: ["Content-Type": "text/plain"]
            )
            #expect(text.status == 415)
        }
    }

    @Test("a HEAD is answered as a GET, without the body")
    func head() async throws {
        try await bench.run { bench in
            let (head, get) = (try await bench.ask("HEAD", "/tree?depth=0"), try await bench.get("/tree?depth=0"))
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.headers["content-length"] == "\(get.body.utf8.count)")
        }
    }

    @Test("the page comes with a policy that lets nothing in from elsewhere")
    func page() async throws {
        try await bench.run { bench in
            for (path, type) in [
                ("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript"),
                ("/openapi.json", "application/json"),
            ] {
                let answer = try await bench.get(path)
                #expect(answer.status == 200)
                #expect(answer.headers["content-type"]?.hasPrefix(type) == true)
                #expect(answer.headers["content-security-policy"]?.contains("default-src 'none'") == true)
                #expect(answer.headers["x-content-type-options"] == "nosniff")
                #expect(!answer.body.isEmpty)
            }
        }
    }

    @Test("metrics are those that the endpoint was given; their failure is said")
    func metrics() async throws {
        try await bench.run(metrics: { "requests_total 7\n" }) { bench in
            let answer = try await bench.get("/metrics")
            #expect(answer.body == "requests_total 7\n")
            #expect(answer.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
        }
        try await EndpointBench().run(metrics: { throw Down() }) { bench in
            let status = try await bench.get("/metrics").status
            #expect(status == 500)
        }
    }

    @Test("S13 a change is told with what, from where and its outcome; a look is not")
    func audit() async throws {
        try await bench.run { bench in
            try await bench.openCircuit("user-api")
            _ = try await bench.get("/circuits")
            _ = try await bench.post("/messages", #"{"message":"states"}"#)
            _ = try await bench.post("/circuits/user-api/reset")
            _ = try await bench.post("/circuits/other/reset")
            let audits = bench.recorder.events.compactMap { $0 as? AdminAudit }
            #expect(audits.map(\.message) == ["reset circuit 'user-api'", "reset circuit 'other'"])
            #expect(audits.map(\.level) == [.info, .warning])
            #expect(audits.first?.refusal == nil)
            #expect(audits.last?.refusal == "there is no circuit 'other'; near ones: user-api")
            #expect(audits.allSatisfy { $0.origin.contains("process") })
        }
    }

    @Test("with changes switched off all can be looked at, and no change is made")
    func readOnly() async throws {
        try await bench.run(allowsChanges: false) { bench in
            try await bench.openCircuit("user-api")
            #expect(try await bench.get("/tree").status == 200)
            #expect(try await bench.post("/messages", #"{"message":"states"}"#).status == 200)
            for target in ["/circuits/user-api/reset", "/children/app/clerk/restart"] {
                #expect(try await bench.post(target).status == 403)
            }
            #expect(try await bench.post("/messages", #"{"message":"resetAll"}"#).status == 403)
            let report: CircuitReport = try await bench.get("/circuits/user-api").json()
            #expect(report.figures.state == .open)
            let server: ServerReport = try await bench.get("/servers/app/clerk").json()
            #expect(server.restarts == 0)
        }
    }

    @Test("a page of another site can neither look nor change, also where no token is asked for")
    func otherSites() async throws {
        try await bench.run { bench in
            try await bench.openCircuit("user-api")
            for headers in [
                ["Host": "evil.example"], ["Origin": "http://evil.example"], ["Sec-Fetch-Site": "cross-site"],
            ] {
                let statuses = [403, 421]
                #expect(statuses.contains(try await bench.get("/tree", headers: headers).status))
                #expect(statuses.contains(try await bench.post("/circuits/user-api/reset", headers: headers).status))
            }
            let report: CircuitReport = try await bench.get("/circuits/user-api").json()
            #expect(report.figures.state == .open)
        }
    }
}
#endif
