import Supervision
import Testing

@testable import CircuitBreakers

/// Every sequence of events up to a depth, on small circuits, with the invariants of the machine checked after each.
@Suite("The machine: every sequence of events")
struct ExhaustiveModelTests {
    private enum Event: CaseIterable {
        case acquire, succeedOldest, failOldest, ignoreNewest, failNewest, wait
        case resetTimer, staleResetTimer, leaseTimers, reset, forceOpen, disable, metricsOnly, enable

        /// Without what an operator does, so that longer sequences can be had.
        static let calls: [Event] = [.acquire, .succeedOldest, .failOldest, .ignoreNewest, .wait]
    }

    private struct World {
        let bench: MachineBench
        var tickets: [CircuitTicket] = []

        func after(_ event: Event) -> World {
            var next = World(bench: bench.copy(), tickets: tickets)
            next.apply(event)
            return next
        }

        private mutating func apply(_ event: Event) {
            switch event {
            case .acquire: if let ticket = bench.admit() { tickets.append(ticket) }
            case .succeedOldest: if !tickets.isEmpty { bench.record(.success, of: tickets.removeFirst()) }
            case .failOldest: if !tickets.isEmpty { bench.record(.failure, of: tickets.removeFirst()) }
            case .ignoreNewest: if let ticket = tickets.popLast() { bench.record(.ignored, of: ticket) }
            case .failNewest: if let ticket = tickets.popLast() { bench.record(.failure, of: ticket) }
            case .wait: bench.wait(.seconds(10))
            case .resetTimer: bench.resetTimer(generation: bench.generation)
            case .staleResetTimer: bench.resetTimer(generation: bench.generation &- 1)
            case .leaseTimers:
                for ticket in tickets { bench.leaseTimer(generation: ticket.generation, probe: ticket.probe) }
            case .reset: bench.reset()
            case .forceOpen: bench.override(.forcedOpen)
            case .disable: bench.override(.disabled)
            case .metricsOnly: bench.override(.metricsOnly)
            case .enable: bench.enable()
            }
        }
    }

    /// Which steps the diagram allows without an operator.
    private static let allowed: [CircuitState: Set<CircuitState>] = [
        .closed: [.open], .open: [.halfOpen], .halfOpen: [.open, .closed],
    ]

    private static func isOperators(_ reason: CircuitTransition.Reason) -> Bool {
        switch reason {
        case .reset, .overridden, .enabled: true
        default: false
        }
    }

    /// What is wrong after a step, if anything is.
    private static func fault(before: World, event: Event, after: World, cap: Int) -> String? {
        let generations = (before.bench.generation, after.bench.generation)
        let leases = after.bench.machine.rare.details.leases.count
        if leases > 0, after.bench.state != .halfOpen { return "leases while \(after.bench.state)" }
        if leases > cap { return "\(leases) probes in flight" }

        let counts = after.bench.counts
        let numbers = [
            counts.calls, counts.successes, counts.failures, counts.consecutiveFailures, counts.ignored,
            counts.rejected, counts.late,
        ]
        if numbers.contains(where: { $0 < 0 }) { return "a negative count" }
        if counts.consecutiveFailures > counts.failures { return "more failures in a row than failures" }

        let steps = after.bench.transitions.dropFirst(before.bench.transitions.count)
        if generations.1 != generations.0 + UInt64(steps.count) { return "generation does not follow transitions" }
        var state = before.bench.state
        for step in steps {
            if step.from != state { return "a transition from \(step.from) while \(state)" }
            state = step.to
            if !isOperators(step.reason), allowed[step.from]?.contains(step.to) != true {
                return "\(step.from) -> \(step.to) by \(step.reason)"
            }
        }
        if state != after.bench.state { return "a transition that was not told" }

        let admitted = event == .acquire && after.tickets.count > before.tickets.count
        if admitted, [.open, .forcedOpen].contains(after.bench.state) { return "let through while open" }
        if event == .acquire, !admitted, [.closed, .disabled, .metricsOnly].contains(before.bench.state) {
            return "rejected while \(before.bench.state)"
        }
        return nil
    }

    /// Walks all sequences, and returns how many worlds it has seen.
    private static func walk(_ world: World, _ events: [Event], depth: Int, cap: Int, path: [Event]) -> Int {
        if depth == 0 { return 1 }
        var seen = 1
        for event in events {
            let next = world.after(event)
            if let fault = fault(before: world, event: event, after: next, cap: cap) {
                Issue.record("\(fault) after \(path + [event])")
                return seen
            }
            seen += walk(next, events, depth: depth - 1, cap: cap, path: path + [event])
        }
        return seen
    }

    @Test("B4 B11 B12 B13 no sequence of calls and waits breaks an invariant", arguments: [1, 2], [1, 2])
    func calls(cap: Int, threshold: Int) {
        for failures in 1...2 {
            let bench = MachineBench(failures, open: 10, successes: threshold, cap: cap, lease: 20)
            let seen = Self.walk(World(bench: bench), Event.calls, depth: 7, cap: cap, path: [])
            #expect(seen > 90_000)
        }
    }

    @Test("B14 B18 B19 no sequence with timers and operators breaks an invariant", arguments: [1, 2], [1, 2])
    func everything(cap: Int, threshold: Int) {
        let bench = MachineBench(1, open: 10, successes: threshold, cap: cap, lease: 10)
        let seen = Self.walk(World(bench: bench), Event.allCases, depth: 4, cap: cap, path: [])
        #expect(seen > 40_000)
    }
}
