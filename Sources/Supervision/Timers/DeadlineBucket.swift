/// Deadlines of a ``DeadlineWheel`` that are about as far, linked in the order in which they came.
struct DeadlineBucket {
    /// What it is once one has left.
    enum Rest {
        case empty
        /// Its ``earliest`` is that of one that is gone.
        case inexact
        case exact
    }

    private(set) var first: Unmanaged<Deadline>?
    private var last: Unmanaged<Deadline>?
    /// Not after any of its deadlines. The first of them, unless one has left that was.
    var earliest = RuntimeInstant.distantFuture

    /// True when it was empty.
    mutating func append(_ link: Unmanaged<Deadline>, at instant: RuntimeInstant) -> Bool {
        let before = last
        link._withUnsafeGuaranteedRef {
            $0.previous = before
            $0.next = nil
        }
        last = link
        if instant < earliest { earliest = instant }
        guard let before else {
            first = link
            return true
        }
        before._withUnsafeGuaranteedRef { $0.next = link }
        return false
    }

    /// Takes out one that is in it.
    mutating func remove(_ deadline: Deadline) -> Rest {
        let (next, previous) = (deadline.next, deadline.previous)
        if let next {
            next._withUnsafeGuaranteedRef { $0.previous = previous }
        } else if previous == nil {
            self = DeadlineBucket()
            return .empty
        } else {
            last = previous
        }
        if let previous {
            previous._withUnsafeGuaranteedRef { $0.next = next }
        } else {
            first = next
        }
        return deadline.instant == earliest ? .inexact : .exact
    }
}
