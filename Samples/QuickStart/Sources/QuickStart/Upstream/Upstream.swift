import FlyingFox
import FlyingSocks
import Foundation
import Supervision

/// A real HTTP server on the loopback interface, supervised like anything else, that can be told to misbehave.
///
/// The system picks its port. When it is down nobody listens there, so that a client sees what it would see of a
/// crashed machine: a refused connection.
actor Upstream: GenServer {
    enum Message: Sendable {
        /// The HTTP server of that number has ended.
        case siteEnded(Int, Result<Void, any Error>)
    }

    private struct Site {
        var number: Int
        var server: HTTPServer
    }

    private let modes = UpstreamSite.Switch()
    private var context: ServerContext<Upstream>?
    private var site: Site?
    private var sites = 0
    private var port: UInt16 = 0

    var mode: UpstreamMode { modes.mode }

    /// Where the list of users is; the last known place while the upstream is down.
    var address: String { "http://127.0.0.1:\(port)\(UpstreamSite.path)" }

    func started(_ context: ServerContext<Upstream>) async throws {
        self.context = context
        try await open()
        report()
    }

    func handle(_ message: Message, _ context: ServerContext<Upstream>) throws {
        switch message {
        case .siteEnded(let number, let result):
            // One that was closed on purpose is not missed.
            guard number == site?.number else { return }
            site = nil
            throw SiteLost(reason: result)
        }
    }

    /// Changes the mode, and returns when the change is in force.
    func become(_ mode: UpstreamMode) async throws {
        modes.mode = mode
        if mode == .down {
            await close()
        } else if site == nil {
            try await open()
        }
        report()
    }

    func terminate(reason: ExitReason) async {
        await close()
        Runtime.current.emit(AppEvent.terminating("upstream", reason, "port \(port) closed"))
    }

    /// Serves on the port of last time, or on one that the system picks when there was none or someone has taken it.
    private func open() async throws {
        do {
            try await open(port)
        } catch {
            guard port != 0 else { throw error }
            try await open(0)
        }
    }

    private func open(_ port: UInt16) async throws {
        guard let context else { return }
        let server = HTTPServer(
            address: try .inet(ip4: "127.0.0.1", port: port),
            logger: .disabled,
            handler: UpstreamSite(modes: modes)
        )
        sites += 1
        let number = sites
        context.task({ try await server.run() }, { .siteEnded(number, $0) })
        try await server.waitUntilListening(timeout: 2)
        guard case .ip4(_, let bound)? = await server.listeningAddress else { throw SiteLost(reason: .success(())) }
        self.port = bound
        site = Site(number: number, server: server)
    }

    private func close() async {
        guard let site else { return }
        self.site = nil
        await site.server.stop()
    }

    private func report() {
        context?.runtime.emit(AppEvent.upstream(mode, address: address))
    }
}

/// The HTTP server has ended, though nobody asked it to.
struct SiteLost: Error, CustomStringConvertible {
    let reason: Result<Void, any Error>

    var description: String {
        switch reason {
        case .success: "the HTTP server of the upstream has ended"
        case .failure(let error): "the HTTP server of the upstream has ended: \(error)"
        }
    }
}
