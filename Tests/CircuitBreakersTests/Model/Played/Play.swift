import CircuitBreakers
import Supervision
import Synchronization

/// What a random sequence does next.
enum Operation: Hashable {
    case acquire(ServiceName)
    /// One of the permits that are held is spent, or dropped when there is no report.
    case report(Int, PlainCircuit.Report?)
    /// The operation of one of them was cancelled.
    case cancel(Int)
    case pass(seconds: Int)
    case reset(ServiceName)
    case resetAll
    case override(ServiceName, CircuitState)
    case enable(ServiceName)
    case isolate(ServiceName)
    case endIsolation(Int)
    case remove(ServiceName)
    case configure(ServiceName, PlainPolicy)
    /// A timer's message of a generation that may be any.
    case strayTimer(ServiceName, generation: UInt64, probe: UInt64?)
}

/// Where the circuits and the plain ones did not do the same.
struct Difference: Error, CustomStringConvertible {
    var description: String
}

/// The failure of an operation, by a number.
struct Failed: Error, Hashable {
    var number: Int
}

/// One sequence: the same operations done to a breaker server and to a plain one, which are compared after each.
struct Play: Sendable {
    static let services: [ServiceName] = ["a", "b", "c"]

    private struct Call {
        let number: Int
        let service: ServiceName
        let circuit: Int
    }

    private struct Isolation {
        let number: Int
        let service: ServiceName
        let circuit: Int
    }

    private(set) var plain: PlainServer
    private(set) var operations: [Operation] = []
    private var random: SeededGenerator
    private var calls: [(Call, Held<CallPermit>)] = []
    private var isolations: [(Isolation, Held<CircuitIsolation>)] = []
    private var count = 0

    init(seed: UInt64) {
        random = SeededGenerator(state: seed)
        var policies: [ServiceName: PlainPolicy] = [:]
        for (index, service) in Self.services.enumerated() where random.happens(1, in: 2) {
            policies[service] = .random(dependsOn: Array(Self.services[..<index]), &random)
        }
        plain = PlainServer(
            standard: .random(dependsOn: [], &random),
            policies: policies,
            maxCircuits: random.happens(1, in: 3) ? 2 : 3,
            autoCreate: random.happens(5, in: 6)
        )
    }

    /// The server that is to do the same, to be made in a runtime of the play's own.
    func server() -> CircuitBreakerServer {
        CircuitBreakerServer(
            policy: plain.standard.real,
            policies: plain.policies.mapValues(\.real),
            maxCircuits: plain.maxCircuits,
            autoCreate: plain.autoCreate
        )
    }

    /// What comes next, by chance.
    mutating func next() -> Operation {
        let service = Self.services.randomElement(using: &random) ?? "a"
        let index = calls.isEmpty ? nil : random.number(0...(calls.count - 1))
        switch random.number(0...99) {
        case ..<40: return .acquire(service)
        case ..<72:
            guard let index else { return .acquire(service) }
            count += 1
            switch random.number(0...11) {
            case ..<4: return .report(index, .success)
            case ..<8: return .report(index, .failure(count))
            case 8: return .report(index, .retryable(count, after: random.number(0...12)))
            case 9: return random.happens(1, in: 3) ? .report(index, .permanent(count)) : .report(index, .success)
            case 10: return random.happens(1, in: 2) ? .report(index, .ignored) : .report(index, nil)
            default: return .cancel(index)
            }
        case ..<88: return .pass(seconds: random.number(1...5))
        case 88: return .reset(service)
        case 89: return random.happens(1, in: 4) ? .resetAll : .remove(service)
        case 90: return .override(service, .forcedOpen)
        case 91: return .override(service, random.happens(1, in: 2) ? .disabled : .metricsOnly)
        case 92, 93: return .enable(service)
        case 94: return .isolate(service)
        case 95:
            return isolations.isEmpty ? .enable(service) : .endIsolation(random.number(0...(isolations.count - 1)))
        case 96, 97:
            var policy = plain.policies[service] ?? plain.standard
            policy.vary(&random)
            return .configure(service, policy)
        default:
            let probe = random.happens(1, in: 2) ? UInt64(random.number(1...4)) : nil
            return .strayTimer(service, generation: UInt64(random.number(1...8)), probe: probe)
        }
    }
}

/// Something that cannot be copied, in a place where it can be taken from.
private final class Held<Value: ~Copyable & Sendable>: Sendable {
    private let value: Mutex<Value?>

    init(_ value: consuming sending Value) {
        self.value = Mutex(value)
    }

    func take() -> Value? { value.withLock { $0.take() } }
}

// MARK: - Both do it

extension Play {
    /// Does what needs no timer and no time, and compares what came of it.
    mutating func perform(_ operation: Operation, on breakers: isolated CircuitBreakerServer) throws {
        operations.append(operation)
        switch operation {
        case .acquire(let service): try acquire(service, breakers)
        case .report(let index, let report): spend(index, report)
        case .cancel(let index): spend(index, .ignored, throwing: CancellationError())
        case .pass, .strayTimer: break
        case .isolate(let service): try isolate(service, breakers)
        case .endIsolation(let index):
            let (isolation, held) = isolations.remove(at: index)
            held.take()?.end()
            plain.endIsolation(isolation.number, isolation.service, circuit: isolation.circuit)
        case .configure(let service, let policy):
            try breakers.configure(service, policy.real)
            plain.configure(service, policy)
        case .resetAll:
            _ = breakers.admin(.resetAll)
            plain.resetAll()
        case .reset(let service):
            try same(breakers.admin(.reset(service))) { plain throws(PlainServer.Refusal) in try plain.reset(service) }
        case .override(let service, let state):
            let message: CircuitBreakerServer.AdminMessage =
                switch state {
                case .forcedOpen: .forceOpen(service)
                case .disabled: .disable(service)
                default: .metricsOnly(service)
                }
            try same(breakers.admin(message)) { plain throws(PlainServer.Refusal) in
                try plain.override(service, state)
            }
        case .enable(let service):
            try same(breakers.admin(.enable(service))) { plain throws(PlainServer.Refusal) in
                try plain.enable(service)
            }
        case .remove(let service):
            try same(breakers.admin(.remove(service))) { plain throws(PlainServer.Refusal) in
                try plain.remove(service)
            }
        }
        try compare(breakers)
    }

    mutating func passSecond(withTimers: Bool) {
        plain.passSecond(withTimers: withTimers)
    }

    private mutating func acquire(_ service: ServiceName, _ breakers: CircuitBreakerServer) throws {
        count += 1
        var expected: String
        do {
            expected = "\(try plain.acquire(service, call: count))"
        } catch {
            expected = "\(error)"
        }
        let found: String
        do throws(CircuitBreakerError) {
            let permit = try breakers.permit(service)
            let call = Call(number: count, service: service, circuit: plain.circuits[service]?.number ?? 0)
            calls.append((call, Held(permit)))
            found = "\(PlainCircuit.Answer.admitted)"
        } catch {
            found = Self.text(error)
        }
        try require(found, expected, "the answer to a call of '\(service)'")
    }

    private static func text(_ error: CircuitBreakerError) -> String {
        switch error {
        case .open(_, let retryAfter, let lastFailure):
            "\(PlainCircuit.Answer.open(retryAfter: retryAfter?.wholeSeconds, lastFailure: number(lastFailure)))"
        case .noFreeProbe: "\(PlainCircuit.Answer.noFreeProbe)"
        case .recovering: "\(PlainCircuit.Answer.recovering)"
        case .dependencyOpen(_, let dependency, let retryAfter):
            "\(PlainCircuit.Answer.dependencyOpen(dependency, retryAfter: retryAfter?.wholeSeconds))"
        case .tooManyCircuits: "\(PlainServer.Refusal.tooManyCircuits)"
        case .unknownService(_, let known): "\(PlainServer.Refusal.unknownService(known))"
        case .noServer, .invalidPolicy: "\(error)"
        }
    }

    private static func number(_ error: (any Error)?) -> Int? {
        if let wrapper = error as? any ErrorWrapper { return number(wrapper.underlyingError) }
        return (error as? Failed)?.number
    }

    private mutating func spend(
        _ index: Int,
        _ report: PlainCircuit.Report?,
        throwing error: (any Error)? = nil
    ) {
        let (call, held) = calls.remove(at: index)
        if let permit = held.take() {
            if let error {
                permit.fail(error)
            } else {
                switch report {
                case .success: permit.succeed()
                case .failure(let number): permit.fail(Failed(number: number))
                case .retryable(let number, let seconds):
                    permit.fail(RetryableError(Failed(number: number), retryAfter: .seconds(seconds)))
                case .permanent(let number): permit.fail(PermanentError(Failed(number: number)))
                case .ignored: permit.ignore()
                case nil: break
                }
            }
        }
        plain.report(report ?? .ignored, of: call.number, call.service, circuit: call.circuit)
    }

    private mutating func isolate(_ service: ServiceName, _ breakers: CircuitBreakerServer) throws {
        count += 1
        let number = count
        var expected = "isolated"
        do throws(PlainServer.Refusal) {
            try plain.isolate(service, number)
        } catch {
            expected = "\(error)"
        }
        var found = "isolated"
        do throws(CircuitBreakerError) {
            let held = Held(try breakers.isolate(service))
            let circuit = plain.circuits[service]?.number ?? 0
            isolations.append((Isolation(number: number, service: service, circuit: circuit), held))
        } catch {
            found = Self.text(error)
        }
        try require(found, expected, "isolating '\(service)'")
    }

    private mutating func same(
        _ reply: CircuitBreakerServer.AdminReply,
        _ change: (inout PlainServer) throws(PlainServer.Refusal) -> Void
    ) throws {
        var expected = "done"
        do throws(PlainServer.Refusal) {
            try change(&plain)
        } catch {
            expected = "\(error)"
        }
        let found =
            switch reply {
            case .done: "done"
            case .unknownService(_, let known): "\(PlainServer.Refusal.unknownService(known))"
            case .failed(let reason):
                reason.contains("maxCircuits") ? "\(PlainServer.Refusal.tooManyCircuits)" : reason
            case .states: "states"
            }
        try require(found, expected, "an operator's message")
    }
}

extension Duration {
    fileprivate var wholeSeconds: Int { Int(components.seconds) }
}
