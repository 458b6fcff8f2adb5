#if Admin
/// Where the endpoint of a program is.
enum EndpointAddress: Equatable, Sendable {
    /// A Unix domain socket.
    case socket(path: String)
    /// A TCP address, by the name or number of a host.
    case tcp(host: String, port: UInt16)

    /// The longest path that an address of a socket holds on every platform.
    static let longestPath = 103

    /// The address that the options and the environment name: `--socket` and `--url` before `SUPERVISION_ADMIN`.
    static func chosen(
        socket: String?,
        url: String?,
        environment: [String: String]
    ) throws(ClientFailure) -> EndpointAddress {
        switch (socket, url) {
        case (.some, .some):
            throw .usage("--socket and --url were both given; give the one that the program listens at")
        case (let path?, nil): return try .init(path: path)
        case (nil, let url?): return try .init(url: url)
        case (nil, nil):
            guard let text = environment["SUPERVISION_ADMIN"], !text.isEmpty else {
                throw .usage(
                    """
                    which program? Give --socket PATH or --url http://HOST:PORT, or set SUPERVISION_ADMIN to one of the two
                    """
                )
            }
            return text.contains("://") ? try .init(url: text) : try .init(path: text)
        }
    }

    init(path: String) throws(ClientFailure) {
        guard !path.isEmpty else { throw .usage("the path of the socket is empty") }
        guard path.utf8.count <= Self.longestPath else {
            throw .usage(
                """
                the path of the socket has \(path.utf8.count) bytes, and \(Self.longestPath) fit into its address; \
                go to its directory and give a shorter one: \(path)
                """
            )
        }
        guard !path.utf8.contains(0) else { throw .usage("the path of the socket has a zero byte in it") }
        self = .socket(path: path)
    }

    /// An address such as `http://127.0.0.1:9901`, `http://[::1]:9901` or `unix:///run/app/admin.sock`.
    init(url: String) throws(ClientFailure) {
        func wrong(_ what: String) -> ClientFailure {
            .usage("\(what) in the address '\(url)'; expected is http://HOST:PORT")
        }
        guard let (scheme, rest) = url.parts(around: "://") else { throw wrong("no http://") }
        if scheme == "unix" {
            self = try .init(path: String(rest))
            return
        }
        guard scheme == "http" else {
            throw .usage(
                """
                '\(scheme)' is not spoken here: the address must begin with http://. Reach another machine through \
                `ssh -L 9901:127.0.0.1:9901 HOST`, which encrypts, and give --url http://127.0.0.1:9901
                """
            )
        }
        let authority = rest.hasSuffix("/") ? rest.dropLast() : rest
        guard !authority.contains("/"), !authority.contains("?") else { throw wrong("a path") }
        guard !authority.contains("@") else { throw wrong("a user") }
        var host = authority
        var port = Substring("80")
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { throw wrong("no ]") }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let behind = authority[authority.index(after: end)...]
            guard behind.isEmpty || behind.first == ":" else { throw wrong("something behind ]") }
            if !behind.isEmpty { port = behind.dropFirst() }
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else { throw wrong("no host") }
        guard let number = UInt16(port), number > 0 else { throw wrong("no port from 1 to 65535") }
        self = .tcp(host: String(host), port: number)
    }

    /// What the `Host` header says.
    var hostHeader: String {
        switch self {
        case .socket: "localhost"
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}

extension EndpointAddress: CustomStringConvertible {
    var description: String {
        switch self {
        case .socket(let path): path
        case .tcp: "http://\(hostHeader)"
        }
    }
}

extension String {
    /// What stands before and behind the first `separator`; nil when there is none.
    func parts(around separator: String) -> (Substring, Substring)? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(separator) {
                return (self[..<start], self[index(start, offsetBy: separator.count)...])
            }
            start = index(after: start)
        }
        return nil
    }
}
#endif
