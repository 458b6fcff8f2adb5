#if Admin
internal import FlyingSocks
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A socket that listens where an ``AdminAddress`` says.
struct AdminListener: Sendable {
    let socket: Socket
    /// Where it listens, as a person would write it.
    let name: String
    /// The file of a Unix socket, and what tells it from another one that may have taken its place.
    private let file: (path: String, identity: FileIdentity)?

    /// - Throws: ``AdminError/unusable(address:reason:)``.
    init(_ address: AdminAddress) throws(AdminError) {
        switch address.kind {
        case .unixSocket(let path, let permissions):
            try self.init(path: path, permissions: permissions)
        case .tcp(let host, let port, _):
            try self.init(host: host, port: port, isOpenToNetwork: address.isOpenToNetwork)
        }
    }

    private init(path: String, permissions: UInt16) throws(AdminError) {
        func refused(_ reason: String) -> AdminError { .unusable(address: path, reason: reason) }
        if path.utf8.count > 107 {
            throw refused("a path may have at most 107 bytes, and this one has \(path.utf8.count)")
        }
        let address = sockaddr_un.unix(path: path)
        try Self.removeStale(path, address)
        do {
            let socket = try Socket(domain: Int32(sockaddr_un.family), type: .stream)
            do {
                try socket.bind(to: address)
                // Before it listens, so that nobody connects while it still has the permissions of the umask.
                guard chmod(path, mode_t(permissions)) == 0 else {
                    throw refused("its permissions cannot be set: \(Self.systemError)")
                }
                try socket.listen()
            } catch {
                try? socket.close()
                throw error
            }
            self.socket = socket
            name = path
            file = FileIdentity(path).map { (path, $0) }
        } catch let error as AdminError {
            throw error
        } catch {
            throw refused("\(Self.words(of: error)). Is its folder there, and may this program write to it?")
        }
    }

    private init(host: String, port: UInt16, isOpenToNetwork: Bool) throws(AdminError) {
        func refused(_ reason: String) -> AdminError { .unusable(address: "\(host):\(port)", reason: reason) }
        let isLoopback = host == "::1" || host.hasPrefix("127.")
        if !isLoopback, !isOpenToNetwork {
            throw refused("it is no address of the loopback interface; 'isOpenToNetwork: true' allows any other")
        }
        do {
            if host.contains(":") {
                (socket, name) = try Self.listen(sockaddr_in6.inet6(ip6: host, port: port), "[\(host)]")
            } else {
                (socket, name) = try Self.listen(sockaddr_in.inet(ip4: host, port: port), host)
            }
            file = nil
        } catch {
            throw refused("\(Self.words(of: error)). Is the port taken, or is it no address of this machine?")
        }
    }

    private static func listen(_ address: some SocketAddress, _ host: String) throws -> (Socket, String) {
        let socket = try Socket(domain: Int32(type(of: address).family), type: .stream)
        do {
            try socket.setValue(true, for: .localAddressReuse)
            try socket.bind(to: address)
            try socket.listen()
            switch try socket.sockname() {
            case .ip4(_, let port), .ip6(_, let port): return (socket, "http://\(host):\(port)")
            case .unix(let path): return (socket, path)
            }
        } catch {
            try? socket.close()
            throw error
        }
    }

    /// Stops listening, and takes the file away if it is still this socket's.
    func close() {
        try? socket.close()
        if let file, FileIdentity(file.path) == file.identity { _ = unlink(file.path) }
    }

    /// Takes away a socket that nobody answers on. Anything else that is there stays.
    private static func removeStale(_ path: String, _ address: sockaddr_un) throws(AdminError) {
        guard let identity = FileIdentity(path) else { return }
        guard identity.isSocket else {
            throw .unusable(
                address: path,
                reason: "there is a file of that name, which is no socket; choose another path"
            )
        }
        if let socket = try? Socket(domain: Int32(sockaddr_un.family), type: .stream) {
            defer { try? socket.close() }
            if (try? socket.connect(to: address)) != nil {
                throw .unusable(address: path, reason: "another program answers there; stop it, or choose another path")
            }
        }
        _ = unlink(path)
    }

    private static var systemError: String { String(cString: strerror(errno)) }

    private static func words(of error: any Error) -> String {
        if case SocketError.failed(_, _, let message) = error { return message }
        return "\(error)"
    }

    /// What tells a file from another one of its name.
    private struct FileIdentity: Equatable, Sendable {
        let device: UInt64
        let number: UInt64
        let isSocket: Bool

        init?(_ path: String) {
            var information = stat()
            guard lstat(path, &information) == 0 else { return nil }
            device = UInt64(information.st_dev)
            number = UInt64(information.st_ino)
            isSocket = information.st_mode & S_IFMT == S_IFSOCK
        }
    }
}
#endif
