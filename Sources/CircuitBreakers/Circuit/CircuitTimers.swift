internal import Supervision

/// The timers that a circuit has armed, kept so that those no longer needed can be cancelled. That is only an economy:
/// a message that comes all the same is dropped by its generation (B14).
struct CircuitTimers: Sendable {
    enum Slot: Hashable, Sendable {
        case reset
        case lease(probe: UInt64)
        /// Belongs to no generation.
        case alarm
    }

    private var armed: [Slot: (timer: TimerToken, generation: UInt64)] = [:]

    /// Keeps a timer, and gives back the one that it replaces.
    mutating func keep(_ timer: TimerToken, in slot: Slot, of generation: UInt64) -> TimerToken? {
        armed.updateValue((timer, generation), forKey: slot)?.timer
    }

    mutating func take(_ slot: Slot) -> TimerToken? {
        armed.removeValue(forKey: slot)?.timer
    }

    /// Takes out the timers of the generations before `generation`.
    mutating func takeAll(before generation: UInt64) -> [TimerToken] {
        if armed.isEmpty { return [] }
        let old = armed.filter { $0.value.generation < generation }
        for slot in old.keys { armed[slot] = nil }
        return old.values.map(\.timer)
    }

    mutating func takeAll() -> [TimerToken] {
        defer { armed = [:] }
        return armed.values.map(\.timer)
    }
}
