internal import Synchronization

/// Holds an object from when it is first put there, and is read without a lock or a look at its type: both would cost
/// more than all the rest of what a guarded call does to find its circuit.
package struct WriteOnce: ~Copyable, Sendable {
    /// The address of the object, or 0. It stands for one reference, which is released at the end.
    private let address = Atomic<UInt>(0)

    init() {}

    deinit {
        load().map { Unmanaged<AnyObject>.fromOpaque($0).release() }
    }

    /// The object, of which whoever put it there knows the class. It stays as long as this does.
    package func load() -> UnsafeRawPointer? {
        UnsafeRawPointer(bitPattern: address.load(ordering: .acquiring))
    }

    /// Puts an object there, if none is.
    package func store(_ object: some AnyObject & Sendable) {
        let retained = Unmanaged.passRetained(object)
        let (isStored, _) = address.compareExchange(
            expected: 0,
            desired: UInt(bitPattern: retained.toOpaque()),
            ordering: .acquiringAndReleasing
        )
        if !isStored { retained.release() }
    }
}
