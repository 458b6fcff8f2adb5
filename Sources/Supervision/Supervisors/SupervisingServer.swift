internal import Synchronization

/// A supervisor of any kind, as its places and the tree around it see it.
protocol SupervisingServer: SelfManagedServer, CutOffServer {
    /// Through which its children tell it what happens to them.
    static func makePort(_ context: ServerContext<Self>) -> SupervisorPort<Self>

    /// The message that carries `signal` to it.
    static func message(_ signal: SupervisorSignal) -> Message

    /// Deals with `signal`, at once.
    func take(_ signal: consuming SupervisorSignal, now: RuntimeInstant) throws

    /// What a drawn tree calls it.
    static var title: String { get }
    /// Which children it restarts together; nil when there is only one way.
    var shownStrategy: Strategy? { get }
    /// Its children, newest first.
    var residents: [Resident] { get }
    var childCount: Int { get }
    /// Whether it has decided to end, and stops its children.
    var isEnding: Bool { get }
    /// The keys of as many children from that one on, in start order.
    func keys(from first: ChildKey, limit: Int) -> [ChildKey]
    /// The child that is listed under that id, which in a dynamic supervisor has a number.
    func key(of id: ChildID) -> ChildKey?
    /// Where a list goes on that was broken off before that child, which may have gone.
    func position(of id: ChildID) -> ChildKey?
    func resident(_ key: ChildKey) -> Resident?
    static func stop(_ id: ChildID, of ref: ServerRef<Self>) async throws
    /// Stops a child if it runs, and starts it again.
    static func stopAndStart(_ id: ChildID, of ref: ServerRef<Self>) async throws
    /// What is known of it from outside.
    nonisolated var life: SupervisorLife { get }
}

extension SupervisingServer {
    static func stopMessage(_ reason: ExitReason) -> Message {
        message(.stop(reason))
    }
}

/// What a supervisor sends to itself, and is sent by its children.
enum SupervisorSignal: Sendable {
    case place(ChildKey, PlaceEvent)
    case retry(ChildKey, Int)
    case stop(ExitReason)
}

/// What a supervisor knows of a child, and where it lives.
struct Resident: Sendable {
    var info: ChildInfo
    var place: any ManagedPlace
}

/// How an instance of a supervisor was started and ended, for whoever runs it as a root.
final class SupervisorLife: Sendable {
    private let isClaimed = Atomic(false)
    private let failureBox = Mutex<SupervisorError?>(nil)

    /// True for the first who asks: an instance is started once as a root.
    func claim() -> Bool {
        !isClaimed.exchange(true, ordering: .relaxed)
    }

    /// Why it gave up, if it did.
    var failure: SupervisorError? { failureBox.withLock { $0 } }

    func gaveUp(_ failure: SupervisorError) {
        failureBox.withLock { $0 = failure }
    }
}

extension ServerContext where Server: SupervisingServer {
    /// Has the supervisor come back to a child, at once or after the delay; in either case between other messages (R46).
    func scheduleRetry(of key: ChildKey, _ retry: Int, after delay: Duration) -> TimerToken? {
        let message = Server.message(.retry(key, retry))
        if delay > .zero { return send(message, after: delay) }
        place.postOwn(message, from: incarnation)
        return nil
    }
}

extension ManagedPlace {
    /// Ends what lives here when its supervisor is gone and nobody will be told of the end (R56).
    func orphan() {
        stop(.shutdown, now: runtime.now)?.spawn()
        // Its name is free for the child that takes its place; its mail fails when it has ended.
        close()
    }
}
