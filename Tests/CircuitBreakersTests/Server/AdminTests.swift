import Foundation
import Supervision
import Testing

@testable import CircuitBreakers

@Suite("What operators ask")
struct AdminTests {
    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    @Test(
        "B25 a message is a flat object, there and back",
        arguments: [
            (CircuitBreakerServer.AdminMessage.state("user-api"), #"{"message":"state","service":"user-api"}"#),
            (.states, #"{"message":"states"}"#),
            (.reset("user-api"), #"{"message":"reset","service":"user-api"}"#),
            (.resetAll, #"{"message":"resetAll"}"#),
            (.forceOpen("user-api"), #"{"message":"forceOpen","service":"user-api"}"#),
            (.disable("user-api"), #"{"message":"disable","service":"user-api"}"#),
            (.metricsOnly("user-api"), #"{"message":"metricsOnly","service":"user-api"}"#),
            (.enable("user-api"), #"{"message":"enable","service":"user-api"}"#),
            (.remove("user-api"), #"{"message":"remove","service":"user-api"}"#),
        ]
    )
    func messages(message: CircuitBreakerServer.AdminMessage, text: String) throws {
        #expect(try Self.json(message) == text)
        let decoded = try JSONDecoder().decode(CircuitBreakerServer.AdminMessage.self, from: Data(text.utf8))
        #expect(decoded == message)
    }

    private static let snapshot = CircuitSnapshot(service: "user-api", state: .open, retryAfter: .milliseconds(4_200))

    @Test(
        "B25 a reply is a flat object, there and back",
        arguments: [
            (CircuitBreakerServer.AdminReply.done, #"{"reply":"done"}"#),
            (
                .unknownService("x", known: ["a", "b"]),
                #"{"known":["a","b"],"reply":"unknownService","service":"x"}"#
            ),
            (.failed(reason: "no"), #"{"reason":"no","reply":"failed"}"#),
            (
                .states([snapshot]),
                #"""
                {"reply":"states","states":[{"counts":{"calls":0,"consecutiveFailures":0,"failures":0,"ignored":0,\#
                "late":0,"rejected":0,"slow":0,"successes":0},"retryAfterMilliseconds":4200,"service":"user-api","state":"open"}]}
                """#
            ),
        ]
    )
    func replies(reply: CircuitBreakerServer.AdminReply, text: String) throws {
        #expect(try Self.json(reply) == text)
        let decoded = try JSONDecoder().decode(CircuitBreakerServer.AdminReply.self, from: Data(text.utf8))
        #expect(decoded == reply)
    }

    @Test("B25 a wait is rounded up to milliseconds, so that nobody comes too early")
    func roundedUp() throws {
        let snapshot = CircuitSnapshot(service: "a", state: .open, retryAfter: .nanoseconds(1))
        #expect(try Self.json(snapshot).contains(#""retryAfterMilliseconds":1,"#))
    }

    @Test("B25 an unknown message is an error that lists the known ones")
    func unknownMessage() throws {
        let text = Data(#"{"message":"rest","service":"a"}"#.utf8)
        let error = #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(CircuitBreakerServer.AdminMessage.self, from: text)
        }
        guard case .dataCorrupted(let context) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(
            context.debugDescription == """
                unknown message 'rest'; known are state, states, reset, resetAll, forceOpen, disable, metricsOnly, \
                enable, injectFaults, configure, remove
                """
        )
    }

    @Test("B19 K108 an unknown service is a typed answer that lists the known ones")
    func unknownService() async throws {
        let breakers = await World().breakers(policies: ["b": .small()])
        try await breakers.call("a") {}
        for message in [
            CircuitBreakerServer.AdminMessage.state("x"), .reset("x"), .enable("x"), .remove("x"),
        ] {
            #expect(await breakers.admin(message) == .unknownService("x", known: ["a", "b"]))
        }
        let error = await #expect(throws: CircuitBreakerError.self) { try await breakers.reset("x") }
        #expect(
            error?.description == """
                no circuit 'x': known are 'a', 'b'; check the spelling, or give the service a policy, since a circuit \
                is made at its first call
                """
        )
        #expect(await breakers.states().count == 2)
    }

    @Test("B18 an override may be set before the circuit exists, and holds")
    func overrideFirst() async {
        let breakers = await World().breakers()
        #expect(await breakers.admin(.forceOpen("api")) == .done)
        let error = await #expect(throws: CircuitBreakerError.self) { try await breakers.call("api") {} }
        #expect(error?.retryAfter == nil)
        #expect(error?.description == "circuit 'api' is open; until it is reset or enabled")
        #expect(await breakers.admin(.enable("api")) == .done)
        #expect(await breakers.state(of: "api")?.state == .closed)
    }

    @Test("B18 B19 each message does what it says")
    func eachMessage() async throws {
        let world = World()
        let breakers = await world.breakers()
        func state() async -> CircuitState? { await breakers.state(of: "api")?.state }
        for (message, expected) in [
            (CircuitBreakerServer.AdminMessage.forceOpen("api"), CircuitState.forcedOpen),
            (.disable("api"), .disabled), (.metricsOnly("api"), .metricsOnly), (.enable("api"), .closed),
        ] {
            #expect(await breakers.admin(message) == .done)
            #expect(await state() == expected)
        }
        await breakers.failingCall("api")
        await breakers.failingCall("other")
        #expect(await breakers.admin(.reset("api")) == .done)
        #expect(await breakers.states().map(\.state) == [.closed, .open])
        #expect(await breakers.admin(.resetAll) == .done)
        #expect(await breakers.states().map(\.state) == [.closed, .closed])
        #expect(await breakers.admin(.remove("other")) == .done)
        guard case .states(let states) = await breakers.admin(.states) else {
            Issue.record("no states")
            return
        }
        #expect(states.map(\.service) == ["api"])
    }

    @Test("B19 K107 a reset is one event, also of a circuit that has not been called yet")
    func oneEvent() async throws {
        let world = World()
        let breakers = await world.breakers(policies: ["known": .small()])
        try await breakers.reset("known")
        #expect(await world.transitions(of: breakers).map(\.reason) == [.reset])
    }

    @Test("B25 a service name is coded as a string, and names with the same spelling are one")
    func serviceName() throws {
        #expect(try Self.json(["a" as ServiceName]) == #"["a"]"#)
        #expect(try JSONDecoder().decode([ServiceName].self, from: Data(#"["a"]"#.utf8)) == ["a"])
        #expect(ServiceName("caf\u{E9}") == ServiceName("cafe\u{301}"))
        #expect(Set([ServiceName("caf\u{E9}"), "cafe\u{301}", "other"]).count == 2)
    }
}
