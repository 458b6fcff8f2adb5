import Supervision
import Synchronization

/// Whether new requests are welcome, for a load balancer.
final class Sign: Sendable {
    private let isOut = Mutex(false)

    var isReady: Bool { isOut.withLock { $0 } }

    func put(out: Bool) { isOut.withLock { $0 = out } }
}

/// Puts the sign out when all the others run, and takes it in before the first of them stops.
///
/// It is the last child, so it stops first. It stays a while then, for a balancer needs a moment to look.
actor Announcement: GenServer {
    private let sign: Sign

    init(_ sign: Sign) { self.sign = sign }

    func started(_ context: ServerContext<Announcement>) { sign.put(out: true) }

    func terminate(reason: ExitReason) async {
        sign.put(out: false)
        try? await Runtime.current.sleep(for: .seconds(1))
    }
}
