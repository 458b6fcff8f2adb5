#if Admin
import CircuitBreakers
import Supervision
import SupervisionAdmin

extension CircuitState {
    /// The state as one says it.
    var words: String {
        switch self {
        case .closed: "closed"
        case .open: "open"
        case .halfOpen: "half-open"
        case .forcedOpen: "forced open"
        case .disabled: "disabled"
        case .metricsOnly: "only measured"
        }
    }

    var tone: Tone { CircuitHealth(of: self).tone }
}

extension CircuitHealth {
    var tone: Tone {
        switch self {
        case .healthy: .good
        case .degraded: .notice
        case .unhealthy: .bad
        }
    }
}

extension TreeNode.Condition {
    var tone: Tone {
        switch self {
        case .running: .good
        case .starting, .restarting: .notice
        case .stopped: .bad
        }
    }
}

extension TripLevel {
    /// How near it is, in a few words: `3/5 in a row`.
    var words: String {
        switch measure {
        case .consecutiveFailures: "\(current.short)/\(threshold.short) in a row"
        case .failures: "\(current.short)/\(threshold.short) failures"
        case .failureRate: "\(current.hundredths)/\(threshold.percent) failed"
        case .slowCallRate: "\(current.hundredths)/\(threshold.percent) slow"
        }
    }

    var tone: Tone { share >= 1 ? .bad : share >= 0.5 ? .notice : .plain }
}

extension CircuitFigures {
    /// The level that is nearest to opening the circuit.
    var highestLevel: TripLevel? {
        levels.max { $0.share < $1.share }
    }
}

extension Double {
    /// A number of calls, or of calls for each second.
    var short: String {
        guard isFinite else { return "-" }
        if magnitude >= 100 || rounded() == self { return magnitude < 1e15 ? "\(Int64(rounded()))" : "\(self)" }
        return "\((self * 10).rounded() / 10)"
    }

    /// A share.
    var percent: String { hundredths + " %" }

    /// A share, without its unit.
    var hundredths: String {
        let number = (self * 100).rounded()
        return number.isFinite && number.magnitude < 1e15 ? "\(Int64(number))" : "-"
    }
}

extension Int {
    /// With a noun, in the plural when it is not one.
    func of(_ noun: String, plural: String? = nil) -> String {
        self == 1 ? "1 \(noun)" : "\(self) \(plural ?? noun + "s")"
    }
}
#endif
