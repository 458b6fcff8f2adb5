internal import Supervision

/// Faults that are injected into the calls of one circuit, to see what becomes of everything around it.
///
/// They are off unless somebody asks for them, with ``CircuitBreakerServer/inject(_:into:)`` or the admin message
/// `injectFaults`, and are seen in the circuit's ``CircuitSnapshot``. They end when they are taken back or the circuit
/// is removed; a restarted server has none. A call with a fault is let through by its circuit as always; then it waits,
/// or fails with an ``InjectedFault`` that counts as a failure, before the operation is run. Permits are not touched: they know of no
/// operation.
public struct CircuitFaults: Sendable, Hashable {
    /// The share of calls that fail, from 0 to 1. Less counts as 0 and more as 1.
    public var failureRate: Double
    /// How long each call waits before it goes on or fails. Less than zero counts as zero.
    public var delay: Duration

    /// Lets a share of the calls fail, and each wait first.
    public init(failureRate: Double = 0, delay: Duration = .zero) {
        self.failureRate = failureRate
        self.delay = delay
    }
}

/// Coded with `delay` in whole milliseconds, rounded up. What is left out is 0.
extension CircuitFaults: Codable {
    private enum Key: String, CodingKey {
        case failureRate, delayMilliseconds
    }

    /// Reads the faults.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        failureRate = try container.decodeIfPresent(Double.self, forKey: .failureRate) ?? 0
        delay = .milliseconds(try container.decodeIfPresent(Int64.self, forKey: .delayMilliseconds) ?? 0)
    }

    /// Writes the faults.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(failureRate, forKey: .failureRate)
        try container.encode(delay.milliseconds, forKey: .delayMilliseconds)
    }
}

/// A call failed because somebody asked for it: ``CircuitFaults``.
public struct InjectedFault: Error, Hashable, CustomStringConvertible {
    /// The service that was to be called.
    public let service: ServiceName

    /// What happened, and how to end it.
    public var description: String {
        "a fault was injected into the circuit '\(service)'; take its faults back to end that"
    }
}
