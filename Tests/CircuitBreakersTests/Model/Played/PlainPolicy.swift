import CircuitBreakers
import Supervision

/// A policy in whole seconds and quarters, as a plain circuit reads it.
struct PlainPolicy: Hashable {
    enum Window: Hashable {
        case calls(Int)
        case seconds(Int)
    }

    enum Trip: Hashable {
        case run(Int)
        case failures(Int, within: Int)
        case rate(quarters: Int, over: Window, minimum: Int)
        /// The policy's own function: so many failures in all.
        case custom(Int)
    }

    struct Slow: Hashable {
        var seconds: Int
        var quarters: Int
        var window: Window
        var minimum: Int
    }

    enum OpenTime: Hashable {
        case table([Int])
        case doubling(from: Int, upTo: Int)

        func seconds(_ attempt: Int) -> Int {
            switch self {
            case .table(let seconds): seconds[min(attempt, seconds.count - 1)]
            case .doubling(let base, let cap): min(base << min(attempt, 30), cap)
            }
        }
    }

    enum Decision: Hashable {
        case successes(Int)
        case failures(quarters: Int, of: Int)
    }

    struct Ramp: Hashable {
        var seconds: Int
        var quarters: Int
    }

    var trip = Trip.run(2)
    var slow: Slow?
    var openTime = OpenTime.table([3])
    var decay: Int?
    var maxProbes = 1
    var decision = Decision.successes(1)
    var lease = 4
    var expiredIsFailure = true
    var interval = 0
    var clear: Int?
    var lumping = 0
    var warmUp = 0
    var initial = CircuitPolicy.InitialState.closed
    var ramp: Ramp?
    var dependsOn: [ServiceName] = []
    var permanentOpens = false
    var maxRetryAfter = 7
}

// MARK: - The real one

extension PlainPolicy {
    /// The policy that says the same.
    var real: CircuitPolicy {
        var policy = CircuitPolicy()
        switch trip {
        case .run(let count): policy.trip = .consecutiveFailures(count)
        case .failures(let count, let seconds): policy.trip = .failures(count, within: .seconds(seconds))
        case .rate(let quarters, let window, let minimum):
            policy.trip = .failureRate(Double(quarters) / 4, over: window.real, minimumCalls: minimum)
        case .custom(let count): policy.trip = .custom { $0.failures >= count }
        }
        policy.slowCalls = slow.map { slow in
            CircuitPolicy.SlowCalls(
                over: .seconds(slow.seconds),
                rate: Double(slow.quarters) / 4,
                window: slow.window.real,
                minimumCalls: slow.minimum
            )
        }
        switch openTime {
        case .table(let seconds): policy.openDuration = .table(seconds.map { .seconds($0) })
        case .doubling(let base, let cap):
            policy.openDuration = .exponential(from: .seconds(base), upTo: .seconds(cap), jitter: 0)
        }
        policy.attemptDecay = decay.map { .seconds($0) }
        let timeout = Duration.seconds(lease)
        switch decision {
        case .successes(let count):
            policy.halfOpen = .init(maxProbes: maxProbes, successThreshold: count, probeTimeout: timeout)
        case .failures(let quarters, let count):
            policy.halfOpen = .init(
                maxProbes: maxProbes,
                failureRate: Double(quarters) / 4,
                over: count,
                probeTimeout: timeout
            )
        }
        policy.halfOpen.expiredProbe = expiredIsFailure ? .failure : .ignored
        policy.minTransitionInterval = .seconds(interval)
        policy.clearInterval = clear.map { .seconds($0) }
        policy.lumpingInterval = .seconds(lumping)
        policy.warmUp = .seconds(warmUp)
        policy.initialState = initial
        policy.ramp = ramp.map { .init(over: .seconds($0.seconds), from: Double($0.quarters) / 4) }
        policy.dependsOn = dependsOn
        policy.permanentErrors = permanentOpens ? .openUntilReset : .countAsFailures
        policy.maxRetryAfter = .seconds(maxRetryAfter)
        return policy
    }
}

extension PlainPolicy.Window {
    fileprivate var real: CircuitPolicy.Window {
        switch self {
        case .calls(let count): .calls(count)
        case .seconds(let seconds): .time(.seconds(seconds))
        }
    }
}

// MARK: - By chance

extension PlainPolicy {
    /// Any policy. The rarer parts are left out as a rule, so that the others come to their own.
    static func random(dependsOn: [ServiceName], _ random: inout SeededGenerator) -> PlainPolicy {
        var policy = PlainPolicy()
        policy.dependsOn = dependsOn.filter { _ in random.happens(1, in: 3) }
        if random.happens(1, in: 3) { policy.slow = .random(&random) }
        if random.happens(1, in: 4) { policy.clear = random.number(3...20) }
        if random.happens(1, in: 4) { policy.lumping = random.number(1...4) }
        if random.happens(1, in: 6) { policy.warmUp = random.number(1...10) }
        if random.happens(1, in: 3) {
            policy.ramp = Ramp(seconds: random.number(1...8), quarters: random.number(1...4))
        }
        if random.happens(1, in: 4) { policy.decay = random.number(1...6) }
        if random.happens(1, in: 5) {
            policy.initial = CircuitPolicy.InitialState.allCases.randomElement(using: &random) ?? .closed
        }
        policy.permanentOpens = random.happens(1, in: 2)
        policy.vary(&random)
        return policy
    }

    /// Another policy for a circuit in use. What cannot be changed there without a loss stays.
    mutating func vary(_ random: inout SeededGenerator) {
        if lumping == 0 || random.happens(1, in: 2) {
            trip = lumping == 0 ? .random(&random) : trip.varied(&random)
        }
        if slow != nil { slow = .random(&random) }
        openTime =
            random.happens(1, in: 2)
            ? .table((0..<random.number(1...4)).map { _ in random.number(1...8) })
            : .doubling(from: random.number(1...3), upTo: random.number(4...12))
        maxProbes = random.number(1...3)
        decision =
            random.happens(1, in: 2)
            ? .successes(random.number(1...3))
            : .failures(quarters: random.number(1...4), of: random.number(1...4))
        lease = random.number(1...8)
        expiredIsFailure = random.happens(1, in: 2)
        interval = random.happens(1, in: 4) ? random.number(1...6) : 0
        maxRetryAfter = random.number(0...10)
    }
}

extension PlainPolicy.Trip {
    fileprivate static func random(_ random: inout SeededGenerator) -> Self {
        switch random.number(0...3) {
        case 0: return .run(random.number(1...4))
        case 1: return .failures(random.number(1...4), within: random.number(1...10))
        case 2:
            let (window, minimum) = PlainPolicy.Window.random(&random)
            return .rate(quarters: random.number(1...4), over: window, minimum: minimum)
        default: return .custom(random.number(1...4))
        }
    }

    /// Another one of the same kind.
    fileprivate func varied(_ random: inout SeededGenerator) -> Self {
        while true {
            let other = Self.random(&random)
            switch (self, other) {
            case (.run, .run), (.failures, .failures), (.rate, .rate), (.custom, .custom): return other
            default: continue
            }
        }
    }
}

extension PlainPolicy.Slow {
    fileprivate static func random(_ random: inout SeededGenerator) -> Self {
        let (window, minimum) = PlainPolicy.Window.random(&random)
        return Self(seconds: random.number(1...5), quarters: random.number(1...4), window: window, minimum: minimum)
    }
}

extension PlainPolicy.Window {
    /// A window, and the number of calls from which on it is judged.
    fileprivate static func random(_ random: inout SeededGenerator) -> (Self, minimum: Int) {
        if random.happens(1, in: 2) {
            let size = random.number(1...6)
            return (.calls(size), random.number(1...size))
        }
        return (.seconds(random.number(1...10)), random.number(1...4))
    }
}

extension SeededGenerator {
    mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self)
    }

    mutating func happens(_ times: Int, in all: Int) -> Bool {
        number(1...all) <= times
    }
}
