/// What is with a circuit beside its machine, and with few circuits at any one time.
struct CircuitCompany: RareDetails {
    // Never written, so it may be shared.
    nonisolated(unsafe) static let none = UnsafePointer(allocated())

    /// The same circuit with another policy, which takes the reports of its calls too.
    var successor: Circuit?
    /// Those of the calls in flight that were let in by circuits which this one has followed: they keep those.
    var inherited = 0
    var timers = CircuitTimers()
    var waiters = ProbeWaiters()
}
