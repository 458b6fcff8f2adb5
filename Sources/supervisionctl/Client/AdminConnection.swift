#if Admin
import FlyingSocks
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

/// A connection for one request.
struct AdminConnection: Sendable {
    private let socket: AsyncSocket

    /// Connects. Whoever gets a connection closes it.
    init(to address: EndpointAddress) async throws {
        switch address {
        case .socket(let path):
            socket = try await Self.connected(to: sockaddr_un.unix(path: path))
        case .tcp(let host, let port):
            switch try HostAddress(host) {
            case .version4(let text): socket = try await Self.connected(to: sockaddr_in.inet(ip4: text, port: port))
            case .version6(let text): socket = try await Self.connected(to: sockaddr_in6.inet6(ip6: text, port: port))
            }
        }
    }

    func write(_ bytes: [UInt8]) async throws {
        try await socket.write(Data(bytes))
    }

    /// What has come; nil when the connection has ended.
    func read() async throws -> [UInt8]? {
        do {
            return try await socket.read(atMost: 4096)
        } catch SocketError.disconnected {
            return nil
        }
    }

    func close() {
        // Nothing can be done about a connection that does not close.
        try? socket.close()
    }

    private static func connected(to address: some SocketAddress) async throws -> AsyncSocket {
        let socket = try Socket(domain: Int32(address.family), type: .stream)
        do {
            let connection = try AsyncSocket(socket: socket, pool: DispatchSockets())
            do {
                try await connection.connect(to: address)
            } catch SocketError.disconnected {
                // It was refused; the system says why to whoever tries again.
                try socket.connect(to: address)
            }
            return connection
        } catch {
            try? socket.close()
            throw error
        }
    }
}

/// The number of a host.
enum HostAddress {
    case version4(String)
    case version6(String)

    /// Looks a name up, in the way of the system. That blocks, which in a program of one command keeps nobody waiting.
    init(_ host: String) throws {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SocketType.stream.number)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &found)
        defer { if let found { freeaddrinfo(found) } }
        guard code == 0, let first = found else {
            throw HostUnknown(host: host, reason: String(cString: gai_strerror(code)))
        }
        // IPv4 first: that is where an endpoint listens unless it is told otherwise.
        var entry: UnsafeMutablePointer<addrinfo>? = first
        var chosen = first
        while let candidate = entry {
            if candidate.pointee.ai_family == AF_INET {
                chosen = candidate
                break
            }
            entry = candidate.pointee.ai_next
        }
        var text = [CChar](repeating: 0, count: 128)
        let result = getnameinfo(
            chosen.pointee.ai_addr,
            chosen.pointee.ai_addrlen,
            &text,
            socklen_t(text.count),
            nil,
            0,
            NI_NUMERICHOST
        )
        guard result == 0 else { throw HostUnknown(host: host, reason: String(cString: gai_strerror(result))) }
        let number = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        self = chosen.pointee.ai_family == AF_INET ? .version4(number) : .version6(number)
    }
}

/// A name of a host that nobody knows.
struct HostUnknown: Error {
    var host: String
    var reason: String
}

extension SocketType {
    fileprivate var number: Int {
        #if canImport(Glibc)
        Int(SOCK_STREAM.rawValue)
        #else
        Int(SOCK_STREAM)
        #endif
    }
}
#endif
