/// A child's place in the tree as its supervisor sees it, whatever kind of server lives there.
protocol ManagedPlace: LaunchSite {
    /// The id by which its supervisor tells it from all its other children.
    var ownID: ChildID { get }
    var path: String { get }
    /// Who is told of what happens here, and by which key.
    var parent: PlaceParent { get }
    var key: ChildKey { get }
    var kind: ChildKind { get }
    var status: ServerStatus { get }
    /// How many messages wait for their turn.
    var depth: Int { get }
    /// Whether its server is at something: its start, a message, its end.
    var isBusy: Bool { get }
    /// Whether a supervisor lives here, which says itself when it has started and ended.
    var isSelfManaged: Bool { get }
    /// The address of the supervisor that lives here, if one does.
    var supervisor: (any SupervisorAddress)? { get }
    /// What an operator may do to the server that lives here.
    var operations: any ServerOperations { get }
    var runtime: Runtime { get }
    /// At what the last incarnation was when it crashed, if it was at a message.
    var crashReport: CrashReport? { get }
    /// The number of the present or the last incarnation.
    var incarnation: Int { get }

    /// How long it is given to stop.
    var shutdown: Shutdown { get }
    func event(_ kind: SupervisionEvent.Kind) -> SupervisionEvent

    /// Takes over how `other`, which nobody lives in, starts and stops its server (R77). Nothing changes when the two are
    /// places for servers of different types.
    func adopt(_ other: any ManagedPlace)
    /// Begins the next incarnation, and gives what is to run for it, if it can start. The outcome is told to the parent.
    func start(_ kind: Turn.StartKind) -> Launch?
    /// Whether the start of `incarnation` is under way.
    func isStarting(_ incarnation: Int) -> Bool
    /// Asks the incarnation to end within its shutdown time from `now`, and gives it up when it does not. Gives what is to
    /// run for it, if nothing does already. The end is told to the parent.
    func stop(_ reason: ExitReason, now: RuntimeInstant) -> Launch?
    /// Ends the incarnation at once if it is at rest and has nothing to clean up, and gives it with its server. Nil, and
    /// nothing done, if there is more to its end. The end is not told to the parent.
    func endAtOnce(_ reason: ExitReason, now: RuntimeInstant) -> (server: any AnyObject & Sendable, incarnation: Int)?
    /// Notes the task in which a launch runs, which is made under the lock.
    func assign(_ launch: Launch, _ task: () -> Task<Void, Never>)
    /// The task in which a launch runs, if it is known.
    func task(of launch: Launch) -> Task<Void, Never>?
    /// No further life is planned: mail is refused, the name is free.
    func close()

    // What a call that waits here asks of it.

    /// The call was given up before its turn came.
    func noteWithdrawn(_ call: AnyPendingCall)
    /// The server owes it no answer any more.
    func forgetDeferred(_ call: AnyPendingCall)
    /// Whether nobody lives here, and mail is kept for the next incarnation.
    var isVacant: Bool { get }
    /// The task that runs the call, if it runs now.
    func task(running call: AnyPendingCall) -> Task<Void, Never>?
}

/// Where launches are carried out. Each gives what follows from it.
///
/// A class, since an asynchronous method of a protocol is reached through another function with a frame of its own. What
/// stands here is what a place without a server would do.
@usableFromInline
class LaunchSite: @unchecked Sendable {
    // Unchecked because it is not final; it has no state.

    /// Runs the start that `launch` is.
    func carryOutStart(_ launch: Launch, isChanged: Bool) async -> LaunchList { .none }

    /// Takes the server, which has just opened, through its mail.
    func carryOutDrain(of server: any AnyObject & Sendable, _ launch: Launch) async -> LaunchList { .none }

    func carryOutEnd(
        of server: any AnyObject & Sendable,
        cleansUp: Bool,
        _ launch: Launch
    ) async -> LaunchList {
        .none
    }
}

/// Who is told of what happens in a place: its supervisor, or whoever started a root. By itself it hears nothing.
///
/// A class for the same reason as ``LaunchSite``.
@usableFromInline
class PlaceParent: @unchecked Sendable {
    // Unchecked because it is not final; it has no state.

    /// The path of the supervisor; nil above a root.
    var path: String? { nil }
    /// The place of the supervisor; nil above a root.
    var supervisor: (any ManagedPlace)? { nil }
    /// The turn of the supervisor, for which a child starts; nil above a root.
    var turn: Turn? { nil }

    /// What tells a child from all others of this parent: its id, or more when ids may repeat.
    func id(of child: ChildID, _ key: ChildKey) -> ChildID { child }

    /// False when there is nobody any more who could do something about it.
    @discardableResult
    func place(_ key: ChildKey, did event: PlaceEvent) -> Bool { false }

    /// The same for a task that can wait for what comes of it, and can run what follows from it.
    func tell(
        _ key: ChildKey,
        _ event: consuming PlaceEvent,
        now: RuntimeInstant
    ) async -> (isHeard: Bool, following: LaunchList) {
        (place(key, did: event), .none)
    }
}

/// Which of its places a parent is told of.
struct ChildKey: SerialNumber, Sendable {
    var number: Int
}

/// What a start had to tell whoever asked for it (R11).
///
/// An object, because an event with a value of any type is copied and destroyed by Swift's run-time system, 150
/// instructions each time, whether it has one or not.
final class StartInfo: Sendable {
    let value: any Sendable

    init(_ value: any Sendable) {
        self.value = value
    }
}

/// What happens in a place.
enum PlaceEvent: Sendable {
    case started(incarnation: Int, info: StartInfo? = nil)
    /// The error is ``Ignore`` when the start said so.
    case startFailed(incarnation: Int, any Error)
    /// `isAbandoned` when its code still runs, cut off (S3).
    case ended(incarnation: Int, ExitReason, askedFor: Duration, isAbandoned: Bool)
    /// An incarnation that had been abandoned has ended after all.
    case strayEnded(incarnation: Int)
}

/// A server that must know when it ends without a clean-up: cut off, or by the rule of its child (R52, S3).
package protocol CutOffServer: Actor {
    /// Called outside of the server, which may be in the middle of something.
    nonisolated func wasCutOff(in runtime: Runtime)
}

/// A server that goes on answering messages while it starts and while it stops, and says itself when it has done
/// either (S8): a supervisor.
protocol SelfManagedServer: GenServer {
    /// The message that asks it to stop.
    static func stopMessage(_ reason: ExitReason) -> Message
    /// What it has decided to start and to end.
    nonisolated var launches: LaunchDesk { get }
}
