#if Admin
internal import FlyingSocks
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import Supervision

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// One connection to the endpoint: one request, its response, and the end.
struct AdminConnection: Sendable {
    /// How long each step may take.
    struct Limits: Sendable {
        /// Until the request is there.
        var request = Duration.seconds(10)
        /// Until a response has been taken, or a bundle of events.
        var response = Duration.seconds(60)
        /// Between two signs of life to a reader of events.
        var heartbeat = Duration.seconds(15)
        /// For what a client still sends when it has been refused.
        var linger = Duration.seconds(1)
    }

    let socket: AsyncSocket
    let desk: AdminDesk
    let limits: Limits

    private var runtime: Runtime { desk.runtime }

    /// Answers the request, and closes the connection. What goes wrong with it concerns nobody else.
    func serve() async {
        defer { try? socket.close() }
        do {
            var isReadToEnd = false
            let (response, isBodySent) = await respond(&isReadToEnd)
            guard let response else { return }
            try await send(response, isBodySent: isBodySent)
            // What has not been read when a socket is closed takes the response with it.
            if !isReadToEnd { await drain() }
        } catch {
            // The client has gone, or is too slow, or the endpoint stops.
        }
    }

    private func respond(_ isReadToEnd: inout Bool) async -> (Response?, isBodySent: Bool) {
        do {
            let (request, hasExcess) = try await within(limits.request, orThrow: Self.tooSlow) { try await receive() }
            isReadToEnd = !hasExcess
            return (await desk.answer(request, from: origin), request.method != "HEAD")
        } catch let problem as Problem {
            return (Response(problem), true)
        } catch {
            return (nil, false)
        }
    }

    private static let tooSlow = Problem(.requestTimeout, "the request did not come in time; send it in one go")

    private func receive() async throws -> (Request, hasExcess: Bool) {
        var parser = RequestParser()
        while true {
            let bytes = try await socket.read(atMost: 4_096)
            if let request = try parser.take(bytes) { return (request, parser.hasExcess) }
        }
    }

    private func send(_ response: Response, isBodySent: Bool) async throws {
        let head = response.head
        switch response.body {
        case .bytes(let bytes): try await write(isBodySent ? head + bytes : head)
        case .events(let reader):
            try await write(head)
            if isBodySent { try await send(reader) }
        }
    }

    /// Sends events until the reader has gone. One that is slow is sent bundles of what is kept by then.
    private func send(_ reader: EventReader) async throws {
        var reader = reader
        while true {
            let frames = reader.frames()
            if !frames.isEmpty {
                try await write(frames)
                continue
            }
            let current = reader
            let isOpen = try await within(limits.heartbeat, orReturn: nil) { await current.wait() }
            switch isOpen {
            case true?: continue
            case false?: return
            case nil: try await write(Array(": \n\n".utf8))
            }
        }
    }

    private func write(_ bytes: [UInt8]) async throws {
        try await within(limits.response, orThrow: Self.tooSlow) { try await socket.write(Data(bytes)) }
    }

    /// Takes what a refused client still sends, within limits, so that it gets to read why.
    private func drain() async {
        _ = shutdown(socket.socket.file.rawValue, Int32(SHUT_WR))
        try? await within(limits.linger, orThrow: Self.tooSlow) {
            var rest = 1_024 * 1_024
            while rest > 0 { rest -= try await socket.read(atMost: 4_096).count }
        }
    }

    // MARK: Time

    private func within<Value: Sendable>(
        _ limit: Duration,
        orThrow error: Problem,
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let value = try await within(limit, orReturn: nil, { try await work() as Value? }) else { throw error }
        return value
    }

    /// The value of `work`, which is cancelled when the time is over, and then waited for.
    private func within<Value: Sendable>(
        _ limit: Duration,
        orReturn late: Value?,
        _ work: @escaping @Sendable () async throws -> Value?
    ) async throws -> Value? {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await work() }
            group.addTask {
                try await runtime.sleep(for: limit)
                return late
            }
            return try await group.next() ?? late
        }
    }

    // MARK: The other side

    /// Who is connected, for an audit event.
    private var origin: String {
        switch try? socket.socket.remotePeer() {
        case .ip4(let address, let port): "\(address):\(port)"
        case .ip6(let address, let port): "[\(address)]:\(port)"
        case .unix, nil: peerOfUnixSocket
        }
    }

    private var peerOfUnixSocket: String {
        #if os(Linux)
        var peer = Credentials()
        var size = socklen_t(MemoryLayout<Credentials>.size)
        let result = getsockopt(socket.socket.file.rawValue, SOL_SOCKET, SO_PEERCRED, &peer, &size)
        if result == 0 { return "user \(peer.user), process \(peer.process)," }
        #endif
        return "a process of this machine"
    }

    /// As Linux gives them. The C library's own structure is not there in Swift.
    private struct Credentials {
        var process: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0
    }
}
#endif
