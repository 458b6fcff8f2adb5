#if Observability
internal import CircuitBreakers

/// What has been counted of each circuit, to tell what is new in its figures.
struct CircuitTotals {
    /// What is new since the last time.
    struct Growth: Equatable {
        var service: ServiceName
        var state: CircuitState
        /// Calls by what came of them; without those of which there are none.
        var calls: [(outcome: Outcome, count: Int)]
        var timeOpen: Duration

        static func == (left: Growth, right: Growth) -> Bool {
            left.service == right.service && left.state == right.state && left.timeOpen == right.timeOpen
                && left.calls.elementsEqual(right.calls, by: ==)
        }
    }

    /// What came of a call.
    enum Outcome: String, CaseIterable {
        case success, failure, ignored, rejected, late
    }

    private var last: [ServiceName: CircuitFigures] = [:]

    /// Takes the figures of all circuits, and gives what is new in them.
    mutating func advance(to figures: [CircuitFigures]) -> [Growth] {
        let growths = figures.map { growth(to: $0) }
        // What is gone begins anew if it comes back.
        last = Dictionary(figures.map { ($0.service, $0) }, uniquingKeysWith: { $1 })
        return growths
    }

    private func growth(to figures: CircuitFigures) -> Growth {
        var before = last[figures.service]
        // Made anew meanwhile, with its server or by itself: all that it has counted is new.
        if let known = before, Outcome.allCases.contains(where: { figures[$0] < known[$0] }) { before = nil }
        let calls = Outcome.allCases.compactMap { outcome -> (Outcome, Int)? in
            let count = figures[outcome] - (before?[outcome] ?? 0)
            return count > 0 ? (outcome, count) : nil
        }
        let timeOpen = figures.timeOpen - min(before?.timeOpen ?? .zero, figures.timeOpen)
        return Growth(service: figures.service, state: figures.state, calls: calls, timeOpen: timeOpen)
    }
}

extension CircuitFigures {
    fileprivate subscript(outcome: CircuitTotals.Outcome) -> Int {
        switch outcome {
        case .success: successes
        case .failure: failures
        case .ignored: ignored
        case .rejected: rejected
        case .late: late
        }
    }
}
#endif
