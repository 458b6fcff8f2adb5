/// A message that comes later: once, or again and again.
@usableFromInline
final class ServerTimer<Server: GenServer>: PlaceTimer, @unchecked Sendable {
    // Unchecked because the class that it comes from is not final; nothing here can change.

    private let place: ServerPlace<Server>
    private let incarnation: Int
    private let message: Server.Message

    @usableFromInline
    init(place: ServerPlace<Server>, incarnation: Int, message: Server.Message, period: Duration?) {
        self.place = place
        self.incarnation = incarnation
        self.message = message
        super.init(in: place.runtime, period: period)
    }

    override func forget() {
        place.forget(self, of: incarnation)
    }

    override func post() {
        place.postOwn(message, from: incarnation, timer: self)
    }
}

/// A timer that ``ServerContext/send(_:after:)`` or ``ServerContext/send(_:every:)`` has set.
public struct TimerToken: Sendable {
    private let timer: PlaceTimer

    @usableFromInline
    init(timer: PlaceTimer) {
        self.timer = timer
    }

    /// Takes the timer back. A message of its that waits in the mailbox is not handled any more.
    public func cancel() {
        timer.cancel()
    }
}
