public import Synchronization

/// A server's place in the tree: what a ``ServerRef`` leads to.
///
/// It outlives the incarnations that live in it, one after the other. It carries out what ``MailboxState`` decides;
/// nothing is resumed, cancelled or called while its lock is held. The exceptions are the start of a task, which only
/// queues a job, since the task's handle must be known before the task can be asked for; and deadlines, which are set and
/// taken back by the queue under its own lock.
@usableFromInline
final class ServerPlace<Server: GenServer>: LaunchSite, ManagedPlace, @unchecked Sendable {
    @usableFromInline let runtime: Runtime
    let id: ChildID
    /// What it was made with; what has come later stands in the state.
    let firstMake: @Sendable () async throws -> Server
    let firstSettings: PlaceSettings
    // The next two are the drain's, at each letter. They stand between what is never written to, because senders write to
    // the lock and count references: threads that write to neighbours in memory take them from each other.

    /// How many letters of its batch the drain has begun, and of which incarnation it is: see ``Begun``.
    @usableFromInline let begun = Atomic<UInt64>(0)
    /// Set when an urgent letter has come in, for a drain that is in the middle of what it has taken.
    @usableFromInline let hasUrgentLetter = Atomic(false)
    let parent: PlaceParent
    let key: ChildKey
    /// What its specification asks for beside the basics; nil, in most places, for nothing.
    @usableFromInline let rules: ServerRules?
    /// Whether the id is also the name that the server is registered under.
    let isNamed: Bool
    let isSelfManaged: Bool
    /// Takes the server through what is queued.
    @usableFromInline typealias Drain =
        @Sendable (
            ServerPlace<Server>, Server, _ incarnation: Int, _ isLent: Bool
        ) async -> LaunchList
    /// Kept by the place, so that the drain that is specialized for its server runs whoever wakes the server.
    @usableFromInline let drain: Drain
    /// Guards ``mailbox``. A lock around it, as `Mutex` has it, would be of another type for each type of server: in code
    /// that is not specialized for one, each use of the lock would look that type up at run time, for 300 instructions.
    @usableFromInline let lock = Mutex<Void>(())
    /// Unsafe only in form: ``withState(_:)`` alone touches it, under the lock.
    @exclusivity(unchecked) @usableFromInline nonisolated(unsafe) var mailbox: MailboxState<Server>
    /// What an idle server can be entered by without the lock: see ``Gate``.
    @usableFromInline let gate = Atomic(Gate.shut)
    /// The state's server, for whoever has come through the gate. Unsafe only in form: it is written under the lock
    /// while the gate is shut, and read by the one visitor who has passed it.
    @exclusivity(unchecked) @usableFromInline nonisolated(unsafe) var resident: Server?
    /// What to expect of whoever is at the server: see ``Occupancy``.
    @usableFromInline let occupancy = Atomic(Occupancy.unknown)
    /// Set when a letter has come in, for a drain that is through with what it has taken.
    @usableFromInline let hasNewLetter = Atomic(false)

    /// - Parameter noLetters: an empty list, from where the type of the letters is known and need not be looked up.
    @usableFromInline
    init(
        _ setup: PlaceSetup,
        noLetters: [Letter<Server>] = [],
        make: @escaping @Sendable () async throws -> Server,
        drain: @escaping Drain = { await $0.drain($1, incarnation: $2, isLent: $3) }
    ) {
        runtime = setup.runtime
        id = setup.id
        isNamed = setup.isNamed
        self.drain = drain
        rules = setup.rules
        var traits = setup.rules?.traits ?? []
        if runtime.interference != nil { traits.insert(.isSimulated) }
        isSelfManaged = setup.isSelfManaged
        if runtime.isSurrounding, !setup.isSelfManaged { traits.insert(.isSurrounded) }
        mailbox = MailboxState(traits: traits, noLetters: noLetters)
        parent = setup.parent
        key = setup.key
        firstMake = make
        firstSettings = setup.settings
        super.init()
        runtime.interference?.places.add(self)
    }

    override func carryOutStart(_ launch: Launch, isChanged: Bool) async -> LaunchList {
        await runStart(launch, isChanged: isChanged)
    }

    override func carryOutDrain(of server: any AnyObject & Sendable, _ launch: Launch) async -> LaunchList {
        // Always of this type, as it was put there by this place; below as well.
        await serveMail(unsafeDowncast(server, to: Server.self), as: launch)
    }

    override func carryOutEnd(
        of server: any AnyObject & Sendable,
        cleansUp: Bool,
        _ launch: Launch
    ) async -> LaunchList {
        await runEnd(of: unsafeDowncast(server, to: Server.self), cleansUp: cleansUp, launch)
    }

    /// Put together when it is asked for: a string in each of many places would cost more than the rest of it.
    var path: String { parent.path.map { "\($0)/\(ownID)" } ?? ownID.description }

    /// The id by which its supervisor tells it from all its other children.
    var ownID: ChildID { parent.id(of: id, key) }

    /// The name that the server is registered under, if it has one.
    var name: String? { isNamed ? id.description : nil }

    /// What an error calls the server: its name, or its path when it has none.
    @usableFromInline var label: String { name ?? path }

    var kind: ChildKind {
        if Server.self is any SupervisingServer.Type { return .supervisor }
        if Server.self == WorkerServer.self { return .worker }
        return .server("\(Server.self)")
    }

    var supervisor: (any SupervisorAddress)? {
        ServerRef(place: self) as? any SupervisorAddress
    }

    var operations: any ServerOperations { PlaceOperations(place: self) }

    var status: ServerStatus {
        withState { state in
            switch state.phase {
            case .closed: return .stopped(state.incarnation == 0 ? nil : state.exit)
            case .starting where !state.isStartPending: return .running(incarnation: state.incarnation)
            case .vacant, .starting:
                if state.incarnation <= 1, state.startAttempts <= 1, state.phase == .starting { return .starting }
                return .restarting(attempt: max(1, Int(state.startAttempts)))
            case .idle, .visited, .draining, .ending:
                return state.isStartPending ? .starting : .running(incarnation: state.incarnation)
            }
        }
    }

    var isVacant: Bool { withState { $0.phase == .vacant } }

    /// Why the present incarnation is about to end, if it is.
    var exitUnderWay: ExitReason? {
        withState { $0.phase == .vacant || $0.phase == .closed ? nil : $0.exit }
    }

    /// Whether an incarnation is there, in whatever state.
    var isOccupied: Bool { withState { $0.phase != .vacant && $0.phase != .closed } }

    var incarnation: Int { withState { $0.incarnation } }

    /// Whether its server is at something.
    var isBusy: Bool {
        withState { state in
            switch state.phase {
            case .starting, .visited, .draining, .ending: true
            case .vacant, .idle, .closed: false
            }
        }
    }

    /// How many messages wait for their turn.
    var depth: Int {
        withState { state in
            let letters = state.taken.dropFirst(Begun.count(begun.load(ordering: .relaxed)))
            return state.depth + letters.count { $0.isDue(in: state.incarnation) }
        }
    }
}

extension ServerPlace: DeadlineTarget {}

/// Which letters of a batch are begun, with one atomic step each, so that those that are not can be given to the next
/// incarnation when the drain hangs in one of them and is abandoned (S2, S3).
@usableFromInline
enum Begun {
    @inlinable
    static func word(_ count: Int, _ incarnation: Int) -> UInt64 {
        UInt64(truncatingIfNeeded: incarnation) << 32 | UInt64(truncatingIfNeeded: count)
    }

    static func count(_ word: UInt64) -> Int { Int(word & 0xFFFF_FFFF) }
}
