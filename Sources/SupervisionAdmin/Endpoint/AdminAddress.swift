#if Admin
/// Where an ``AdminEndpoint`` is reached.
public struct AdminAddress: Sendable {
    enum Kind: Sendable {
        case unixSocket(path: String, permissions: UInt16)
        case tcp(host: String, port: UInt16, AdminToken)
    }

    let kind: Kind
    /// Whether more than the loopback interface was asked for.
    let isOpenToNetwork: Bool
    /// What a request may name as its host, beside the names of the loopback interface.
    let hosts: [String]

    /// A Unix domain socket, which only the program's own user can connect to.
    ///
    /// Nobody else on the machine gets past the file's permissions, so no token is asked for. From another machine
    /// `ssh -L 8080:/run/shop/admin.sock host` leads to it. A socket that a program left behind when it was killed is
    /// replaced; one that another program answers on is not.
    ///
    /// - Parameters:
    ///   - path: at most 107 bytes long. Its folder must be there.
    ///   - permissions: the file's mode, `0o660` for one to share with a group.
    public static func unixSocket(_ path: String, permissions: UInt16 = 0o600) -> AdminAddress {
        AdminAddress(kind: .unixSocket(path: path, permissions: permissions), isOpenToNetwork: false, hosts: [])
    }

    /// A port of the loopback interface, for those who have the token.
    ///
    /// There is no encryption: on any other interface the token can be read by whoever sees the traffic, so put a proxy
    /// with TLS before it.
    ///
    /// - Parameters:
    ///   - port: the port; 0 for one that is free, which the event of the start names.
    ///   - token: what a request has to show, as `Authorization: Bearer …`.
    ///   - host: the address of the interface, in numbers.
    ///   - isOpenToNetwork: whether that may be another than the loopback interface.
    ///   - hosts: what else a request may name as its host, such as the name of a proxy. A page of any other name, which
    ///     may have been made to lead here, is refused.
    public static func tcp(
        port: UInt16,
        token: AdminToken,
        host: String = "127.0.0.1",
        isOpenToNetwork: Bool = false,
        hosts: [String] = []
    ) -> AdminAddress {
        AdminAddress(kind: .tcp(host: host, port: port, token), isOpenToNetwork: isOpenToNetwork, hosts: hosts)
    }
}

/// The secret that a request over TCP has to show. It is compared in constant time, and never printed.
public struct AdminToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    enum Source: Sendable {
        case environment(String)
        case file(String)
    }

    let source: Source

    /// The content of an environment variable, read when the endpoint starts.
    public static func environment(_ name: String) -> AdminToken { AdminToken(source: .environment(name)) }

    /// The first line of a file, read when the endpoint starts, so that a new one holds from its restart on.
    public static func file(_ path: String) -> AdminToken { AdminToken(source: .file(path)) }

    /// Where it is from.
    public var description: String {
        switch source {
        case .environment(let name): "the token of the environment variable \(name)"
        case .file(let path): "the token of the file \(path)"
        }
    }

    /// Where it is from.
    public var debugDescription: String { description }

    /// Where it is from.
    public var customMirror: Mirror { Mirror(self, children: ["source": description]) }
}

/// Why an ``AdminEndpoint`` could not start.
public enum AdminError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The address cannot be used, for that reason.
    case unusable(address: String, reason: String)
    /// The token is not there, or too short.
    case noToken(source: String, reason: String)

    public var description: String {
        switch self {
        case .unusable(let address, let reason): "the admin endpoint cannot listen at \(address): \(reason)"
        case .noToken(let source, let reason): "the admin endpoint has no token: \(source) \(reason)"
        }
    }
}
#endif
