/// Something that waits for a deadline. It is told once, with the tag that it gave, unless it cancels before.
package protocol DeadlineTarget: AnyObject, Sendable {
    func deadlinePassed(tag: UInt64)
}

/// A deadline as its ``DeadlineQueue`` keeps it: one object, which is all that a deadline costs.
///
/// The queue retains it while it waits. It keeps its target in a way of its own, because what many deadlines of one
/// target have in common need not stand in each of them.
@usableFromInline
class Deadline: @unchecked Sendable {
    // Unchecked, and without dynamic checks of exclusivity, because the queue's lock guards what can change.

    /// When it passes.
    @exclusivity(unchecked) final var instant = RuntimeInstant.origin
    /// Its neighbours in the bucket where it waits.
    @exclusivity(unchecked) final var next: Unmanaged<Deadline>?
    @exclusivity(unchecked) final var previous: Unmanaged<Deadline>?
    @exclusivity(unchecked) final var position = Position.nowhere

    /// Where in a ``DeadlineWheel`` a deadline waits.
    struct Position: Equatable {
        private var word: UInt32

        static let nowhere = Position(word: .max)

        private init(word: UInt32) {
            self.word = word
        }

        init(inHeap index: Int) {
            word = UInt32(index) << 1
        }

        init(inBucket index: Int) {
            word = UInt32(index) << 1 | 1
        }

        var isInHeap: Bool { word & 1 == 0 }
        var index: Int { Int(word >> 1) }
    }

    // MARK: What the queue asks, under its lock

    /// It is about to wait for `target`. False when it must not any more.
    func enter(for target: any DeadlineTarget) -> Bool { true }

    /// It waits no longer, and its target is to be told.
    func leave() -> (any DeadlineTarget)? { nil }

    /// It waits no longer, and nobody is told. Gives its target if it was the last to hold it, so that that is freed
    /// outside the lock.
    func withdraw() -> (any DeadlineTarget)? { leave() }

    // MARK: What the queue tells, without its lock

    func passed(_ target: any DeadlineTarget) {}
}

/// The deadline of a target that is told with a tag.
final class TargetDeadline: Deadline, @unchecked Sendable {
    // Unchecked because of the class that it comes from: the queue's lock guards the target, too.

    private let tag: UInt64
    @exclusivity(unchecked) private var target: (any DeadlineTarget)?

    init(tag: UInt64) {
        self.tag = tag
    }

    override func enter(for target: any DeadlineTarget) -> Bool {
        self.target = target
        return true
    }

    override func leave() -> (any DeadlineTarget)? {
        defer { target = nil }
        return target
    }

    override func passed(_ target: any DeadlineTarget) {
        target.deadlinePassed(tag: tag)
    }
}
