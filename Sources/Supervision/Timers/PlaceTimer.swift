internal import Synchronization

/// A timer, whatever kind of server it is for. All that it does but to send its message is done here, where no type need
/// be looked up.
@usableFromInline
class PlaceTimer: Deadline, @unchecked Sendable {
    // Unchecked because of the class that it comes from: the queue's lock guards `index`.

    /// Where it stands in its list.
    @exclusivity(unchecked) fileprivate final var index: UInt32 = 0
    private final let marks = Atomic<UInt32>(0)
    final let list: TimerList

    private enum Mark {
        static let cancelled: UInt32 = 1
        /// A tick of a timer with a period lies in the mailbox. There is never more than one.
        static let posted: UInt32 = 2
    }

    @usableFromInline
    init(in list: TimerList) {
        self.list = list
    }

    /// In nanoseconds; nil when it comes once.
    var period: Int64? { nil }
    /// Sends its message.
    func post(to place: any DeadlineTarget) {}

    @usableFromInline
    final var isCancelled: Bool { marks.load(ordering: .relaxed) & Mark.cancelled != 0 }

    final func arm(after delay: Duration, for place: any DeadlineTarget) {
        list.withPending { $0.add(self, for: place, at: $0.clock.now.advanced(by: delay)) }
    }

    final func cancel() {
        marks.bitwiseOr(Mark.cancelled, ordering: .relaxed)
        list.withPending { $0.cancel(self) }
    }

    override final func enter(for place: any DeadlineTarget) -> Bool {
        // A cancellation marks it before it takes the queue's lock.
        !isCancelled && list.add(self, of: place)
    }

    override final func leave() -> (any DeadlineTarget)? {
        let place = list.place
        list.remove(self)
        return place
    }

    override final func withdraw() -> (any DeadlineTarget)? {
        list.remove(self)
    }

    override final func passed(_ place: any DeadlineTarget) {
        guard !isCancelled else { return }
        guard let period else { return post(to: place) }
        // On the beat of the first tick, however late this one is; what was missed meanwhile is left out.
        let behind = max(0, instant.duration(to: list.runtime.now).saturatedNanoseconds)
        let next = instant.advanced(by: .nanoseconds(period)).advanced(by: .nanoseconds(behind / period * period))
        list.withPending { $0.add(self, for: place, at: next) }
        let before = marks.bitwiseOr(Mark.posted, ordering: .relaxed).oldValue
        if before & Mark.posted == 0 { post(to: place) }
    }

    /// Its message has been handled or dropped.
    @usableFromInline
    final func tookMessage() {
        marks.bitwiseAnd(~Mark.posted, ordering: .relaxed)
    }
}

/// The timers of an incarnation that are set. The lock of the deadline queue guards it: a timer stands in the list as long
/// as it stands in the queue, which retains it.
@usableFromInline
final class TimerList: @unchecked Sendable {
    // Unchecked, and without dynamic checks of exclusivity, because of that lock.

    let runtime: Runtime
    /// Those of the runtime.
    private let pending: Unmanaged<PendingDeadlines>
    let incarnation: Int
    @exclusivity(unchecked) private var timers: [Unmanaged<PlaceTimer>] = []
    /// Kept only while there are timers: whoever lets go of a place with none is rid of it.
    @exclusivity(unchecked) fileprivate private(set) var place: (any DeadlineTarget)?
    @exclusivity(unchecked) private var isClosed = false

    init(of incarnation: Int, in runtime: Runtime) {
        self.incarnation = incarnation
        self.runtime = runtime
        pending = .passUnretained(runtime.pendingDeadlines)
    }

    @discardableResult
    fileprivate func withPending<Result>(_ body: (PendingDeadlines) -> Result) -> Result {
        // Not counted, because the runtime keeps it, and this keeps the runtime.
        pending._withUnsafeGuaranteedRef(body)
    }

    /// False when the incarnation is over.
    fileprivate func add(_ timer: PlaceTimer, of place: any DeadlineTarget) -> Bool {
        if isClosed { return false }
        if timers.isEmpty { self.place = place }
        timer.index = UInt32(timers.count)
        timers.append(Unmanaged.passUnretained(timer))
        return true
    }

    /// Gives the place once the last is gone.
    @discardableResult
    fileprivate func remove(_ timer: PlaceTimer) -> (any DeadlineTarget)? {
        let last = timers.removeLast()
        let index = Int(timer.index)
        if index < timers.count {
            last._withUnsafeGuaranteedRef { $0.index = timer.index }
            timers[index] = last
        }
        guard timers.isEmpty else { return nil }
        defer { place = nil }
        if timers.capacity > 64 { timers = [] }
        return place
    }

    /// The incarnation is over: its timers are taken back, and no other is set.
    func cancelAll() {
        withPending { $0.close(self) }
    }

    /// Lets no timer in any more. Gives some of those that are there, the last first.
    func close() -> [PlaceTimer] {
        isClosed = true
        return timers.suffix(64).reversed().map { $0.takeUnretainedValue() }
    }
}
