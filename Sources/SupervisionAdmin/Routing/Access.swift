#if Admin
/// Who may ask for what.
struct Access: Sendable {
    /// What a request has to show; nil where the socket's permissions are enough.
    let token: [UInt8]?
    /// What a request may name as its host, beside the names of the loopback interface.
    let hosts: Set<String>
    /// Whether anything can be changed at all.
    let allowsChanges: Bool

    /// Whether the request may be answered, as far as its headers say.
    ///
    /// A page of another site, opened in an operator's browser, can send requests here too: by a name that it has made to
    /// lead here, or simply across. The first names another host, the second another origin, and both are refused.
    func check(_ request: Request) throws(Problem) {
        guard let host = request.headers["host"] else {
            throw Problem(.badRequest, "the header Host is missing; expected is 'Host: localhost'")
        }
        let name = Self.name(ofHost: host)
        guard Self.isLoopback(name) || hosts.contains(name) else {
            throw Problem(
                .misdirected,
                """
                the request is for the host '\(name.shortened)', which this endpoint is not known by; name localhost, or \
                have the program list it in 'hosts' of its AdminAddress
                """
            )
        }
        if let origin = request.headers["origin"], !Self.isSame(origin, host) {
            throw Problem(
                .forbidden,
                "the request comes from a page of '\(origin.shortened)'; only this endpoint's own may ask"
            )
        }
        // A link that leads here shows the page to who follows it, and to nobody else.
        let isLink = request.method == "GET" && request.headers["sec-fetch-mode"] == "navigate"
        if let site = request.headers["sec-fetch-site"], site != "same-origin", site != "none", !isLink {
            throw Problem(.forbidden, "the request comes from a page of another site; only this endpoint's own may ask")
        }
    }

    /// Whether the request shows the token, where there is one.
    func checkToken(_ request: Request) throws(Problem) {
        guard let token else { return }
        let shown = request.headers["authorization"] ?? ""
        let scheme = "bearer "
        guard shown.count > scheme.count, shown.prefix(scheme.count).lowercased() == scheme,
            Self.isEqual(Array(shown.utf8.dropFirst(scheme.utf8.count)), token)
        else {
            throw Problem(
                .unauthorized,
                shown.isEmpty
                    ? "a token is needed; send it as 'Authorization: Bearer …'"
                    : "the token is not the one that the program was started with"
            )
        }
    }

    /// Whether the message may be carried out.
    func check(_ message: AdminMessage) throws(Problem) {
        if message.isChange, !allowsChanges {
            throw Problem(.forbidden, "changes are switched off in this program; it can only be looked at")
        }
    }

    /// Compares in a time that depends on nothing but how long the shown one is.
    static func isEqual(_ shown: [UInt8], _ token: [UInt8]) -> Bool {
        var difference = shown.count ^ token.count
        for (index, byte) in shown.enumerated() {
            difference |= Int(byte ^ token[index % max(1, token.count)])
        }
        return difference == 0 && !token.isEmpty
    }

    /// Without the port, and without the brackets of an address of the sixth version.
    private static func name(ofHost host: String) -> String {
        let host = host.lowercased()
        if host.first == "[" { return String(host.dropFirst().prefix { $0 != "]" }) }
        return String(host.prefix { $0 != ":" })
    }

    private static func isLoopback(_ name: String) -> Bool {
        if name == "localhost" || name == "::1" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func isSame(_ origin: String, _ host: String) -> Bool {
        let host = host.lowercased()
        return origin.lowercased() == "http://\(host)" || origin.lowercased() == "https://\(host)"
    }
}
#endif
