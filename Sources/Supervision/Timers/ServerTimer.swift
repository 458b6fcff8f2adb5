/// A message that comes later.
@usableFromInline
class ServerTimer<Server: GenServer>: PlaceTimer, @unchecked Sendable {
    // Unchecked because of the class that it comes from; nothing here can change.

    @usableFromInline final let message: Server.Message

    // Inlinable, so that it is specialized for the messages of the user's module.
    @inlinable
    init(in list: TimerList, message: Server.Message) {
        self.message = message
        super.init(in: list)
    }

    override final func post(to place: any DeadlineTarget) {
        // Always this place: no other is given to the queue.
        let place = unsafeDowncast(place, to: ServerPlace<Server>.self)
        place.postOwn(message, from: list.incarnation, timer: self)
    }
}

/// A message that comes again and again. Apart from the others, because most timers come once, and there may be many.
@usableFromInline
final class PeriodicTimer<Server: GenServer>: ServerTimer<Server>, @unchecked Sendable {
    // Unchecked because of the class that it comes from; nothing here can change.

    private let nanoseconds: Int64

    @usableFromInline
    init(in list: TimerList, message: Server.Message, period: Duration) {
        nanoseconds = max(1, period.saturatedNanoseconds)
        super.init(in: list, message: message)
    }

    override var period: Int64? { nanoseconds }
}

/// A timer that ``ServerContext/send(_:after:)`` or ``ServerContext/send(_:every:)`` has set.
public struct TimerToken: Sendable {
    /// Nil when the incarnation was over.
    private let timer: PlaceTimer?

    @usableFromInline
    init(timer: PlaceTimer?) {
        self.timer = timer
    }

    /// Takes the timer back. A message of its that waits in the mailbox is not handled any more.
    public func cancel() {
        timer?.cancel()
    }
}
