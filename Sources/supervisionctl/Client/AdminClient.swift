#if Admin
import FlyingSocks
import Supervision
import SupervisionAdmin

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Asks an endpoint.
struct AdminClient: Sendable {
    /// More is taken for no answer of the endpoint.
    static let longestBody = 64 * 1024 * 1024

    var address: EndpointAddress
    var token: String?
    /// How long an answer may take; of a stream its beginning.
    var timeout: Duration

    /// The answer to a request, which has a body of JSON.
    func send(_ request: AdminRequest) async throws -> [UInt8] {
        do {
            return try await withTimeout(timeout) { try await exchange(request) }
        } catch {
            throw failure(error)
        }
    }

    /// The same, read. The bytes go with it for whoever wants them as they are.
    func send<Answer: Decodable & Sendable>(
        _ request: AdminRequest,
        as type: Answer.Type
    ) async throws -> (answer: Answer, bytes: [UInt8]) {
        let bytes = try await send(request)
        return (try Self.decoded(type, from: bytes), bytes)
    }

    /// Reads a stream of events until it ends. `silence` is the longest time without a byte: the endpoint sends some
    /// even if nothing happens.
    func stream(
        _ request: AdminRequest,
        silence: Duration,
        _ take: (StreamFrame) async throws -> Void
    ) async throws {
        do {
            let connection = try await withTimeout(timeout) { try await AdminConnection(to: address) }
            defer { connection.close() }
            try await connection.write(request.bytes(to: address, token: token))
            var response = ResponseParser()
            var events = EventStreamParser()
            var refusal: [UInt8] = []
            while !response.isComplete {
                let patience = response.head == nil ? timeout : silence
                guard let bytes = try await withTimeout(patience, { try await connection.read() }) else { break }
                let body = try response.take(bytes)
                guard let head = response.head else { continue }
                if head.status == 200, head.mediaType == "text/event-stream" {
                    for frame in try events.take(body) { try await take(frame) }
                } else {
                    refusal += body
                    try Self.checkSize(refusal)
                }
            }
            try response.end()
            if let head = response.head, head.mediaType != "text/event-stream" {
                _ = try Self.accepted(head, refusal)
                throw ResponseFault(reason: "it is no stream of events")
            }
        } catch {
            throw failure(error)
        }
    }

    private func exchange(_ request: AdminRequest) async throws -> [UInt8] {
        let connection = try await AdminConnection(to: address)
        defer { connection.close() }
        do {
            try await connection.write(request.bytes(to: address, token: token))
        } catch SocketError.disconnected {
            // The endpoint may have answered before it has read everything; that answer says why.
        }
        var response = ResponseParser()
        var body: [UInt8] = []
        while !response.isComplete, let bytes = try await connection.read() {
            body += try response.take(bytes)
            try Self.checkSize(body)
        }
        try response.end()
        guard let head = response.head else { throw ResponseFault(reason: "it has no head") }
        return try Self.accepted(head, body)
    }

    /// The body of an answer that says yes.
    static func accepted(_ head: ResponseHead, _ body: [UInt8]) throws -> [UInt8] {
        if (200..<300).contains(head.status) {
            guard head.mediaType == "application/json" else {
                throw ResponseFault(reason: "it is of the type \(head.mediaType ?? "that it does not say"), not JSON")
            }
            return body
        }
        guard head.mediaType == "application/problem+json" else {
            throw ResponseFault(reason: "its status is \(head.status), and it does not say why")
        }
        throw ClientFailure.refused(try decoded(Problem.self, from: body))
    }

    /// What JSON says.
    static func decoded<Answer: Decodable>(_ type: Answer.Type, from bytes: [UInt8]) throws -> Answer {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw ClientFailure.notUnderstood("its JSON is no \(type): \(Self.reason(error))")
        }
    }

    private static func checkSize(_ body: [UInt8]) throws(ResponseFault) {
        if body.count > longestBody { throw ResponseFault(reason: "it has more than \(longestBody) bytes") }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        switch error {
        case .keyNotFound(let key, let context): return "no '\(key.stringValue)'\(context.place)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return context.debugDescription + context.place
        @unknown default: return "\(error)"
        }
    }
}

extension DecodingError.Context {
    fileprivate var place: String {
        codingPath.isEmpty
            ? "" : " at \(codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: "."))"
    }
}

// MARK: - What a failure means

extension AdminClient {
    /// A failure in the terms of whoever gave the command.
    func failure(_ error: any Error) -> any Error {
        switch error {
        case let fault as ResponseFault:
            return ClientFailure.notUnderstood(
                """
                the answer of \(address) is none of this library's endpoint: \(fault.reason). Does another program \
                listen there?
                """
            )
        case is TimedOut:
            return unreachable(
                "it did not answer within \(timeout.shortDescription)",
                "Does the program hang? Give it longer with --timeout SECONDS"
            )
        case let unknown as HostUnknown:
            return unreachable("no host has the name '\(unknown.host)' (\(unknown.reason))", "Correct --url")
        case SocketError.failed(_, let number, let message):
            return unreachable(number, message)
        case SocketError.disconnected:
            return unreachable("the connection ended before the answer", "Was the program ended? Ask again")
        default:
            return error
        }
    }

    private func unreachable(_ number: Int32, _ message: String) -> ClientFailure {
        switch (number, address) {
        case (ENOENT, .socket):
            return unreachable(
                "there is no such file",
                "Is the program running, and is that the path of its admin socket? Another one: --socket PATH"
            )
        case (ECONNREFUSED, .socket):
            return unreachable(
                "nobody listens at the socket",
                "The program that made it has ended. Start it again, or give another one with --socket PATH"
            )
        case (ECONNREFUSED, .tcp):
            return unreachable(
                "nobody listens at the port",
                "Is the program running, and does its endpoint have a TCP address? Most have a socket: --socket PATH"
            )
        case (EACCES, _), (EPERM, _):
            return unreachable(
                "permission denied",
                "Only the user that the program runs as may open its socket: try sudo -u USER supervisionctl …"
            )
        case (ENOTSOCK, _):
            return unreachable("it is a file and no socket", "Give the path of the admin socket: --socket PATH")
        default:
            return unreachable(message, "Is the program running?")
        }
    }

    private func unreachable(_ reason: String, _ remedy: String) -> ClientFailure {
        .unreachable(address: "\(address)", reason: reason, remedy: remedy)
    }
}
#endif
