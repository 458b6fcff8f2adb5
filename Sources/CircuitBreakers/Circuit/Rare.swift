/// What most circuits do without. It takes no memory until it is needed.
///
/// It owns memory of its own rather than an object, because every access to a field of an object is checked for
/// exclusivity at run time, and a circuit's lock, or the bench of a test, has seen to that already.
struct Rare<Details: RareDetails>: ~Copyable, @unchecked Sendable {
    // Owned by this value, which cannot be copied: reached from nowhere else, and freed when it ends. The compiler
    // knows nothing of that, hence `unchecked`.
    private var pointer: UnsafeMutablePointer<Details>?

    init() {}

    deinit {
        pointer?.deinitialize(count: 1)
        pointer?.deallocate()
    }

    var isEmpty: Bool { pointer == nil }

    /// Where the details are, which is the same for as long as this lasts; nil while there are none.
    var address: UnsafePointer<Details>? { pointer.map { UnsafePointer($0) } }

    var details: Details {
        // By address. A `_read` that yields asks the allocator for a frame of its own, and the optimizer of Swift 6.3
        // reads what was yielded after that frame has been freed.
        @inline(__always) unsafeAddress {
            pointer.map { UnsafePointer($0) } ?? Details.none
        }
        @inline(__always) unsafeMutableAddress {
            let own = pointer ?? Details.allocated()
            pointer = own
            return own
        }
    }

    func copy() -> Rare {
        var copy = Rare()
        if let pointer { copy.details = pointer.pointee }
        return copy
    }
}

/// The contents of a ``Rare``.
protocol RareDetails: Sendable {
    /// As they are before anything of them is needed.
    init()

    /// Those, to be read in the place of what is not there: never written and never freed.
    static var none: UnsafePointer<Self> { get }
}

extension RareDetails {
    static func allocated() -> UnsafeMutablePointer<Self> {
        let pointer = UnsafeMutablePointer<Self>.allocate(capacity: 1)
        pointer.initialize(to: Self())
        return pointer
    }
}
