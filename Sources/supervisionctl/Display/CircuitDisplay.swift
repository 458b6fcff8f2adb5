#if Admin
import CircuitBreakers
import Supervision
import SupervisionAdmin

/// Circuits, a line for each, or one of them in full.
enum CircuitDisplay {
    /// The health of all in one line, and a table.
    static func lines(_ report: CircuitsReport, width: Int?, _ palette: Palette) -> [String] {
        let summary = summary(report, width: width, palette)
        if report.circuits.isEmpty { return [summary] }
        var table = Table(columns: [
            .init(heading: "service", least: 14),
            .init(heading: "state"),
            .init(heading: "retry in", isOptional: true),
            .init(heading: "calls", isRight: true, isOptional: true),
            .init(heading: "failed", isRight: true, isOptional: true),
            .init(heading: "rejected", isRight: true, isOptional: true),
            .init(heading: "level", isOptional: true),
            .init(heading: "error", least: 7, isOptional: true),
        ])
        table.rows = report.circuits.map { circuit in
            let figures = circuit.figures
            let level = figures.highestLevel
            return [
                Cell(figures.service.rawValue),
                Cell(figures.state.words, figures.state.tone),
                Cell(figures.retryAfter?.shortDescription ?? ""),
                Cell("\(figures.calls)"),
                Cell("\(figures.failures)", figures.failures > 0 ? .notice : .plain),
                Cell("\(figures.rejected)", figures.rejected > 0 ? .notice : .plain),
                Cell(level?.words ?? "", level?.tone ?? .plain),
                Cell(figures.lastFailureType ?? "", .faint),
            ]
        }
        return [summary, ""] + table.lines(width: width, palette)
    }

    /// `2 closed, 1 open (payments)`, with the health before it.
    static func summary(_ report: CircuitsReport, width: Int?, _ palette: Palette) -> String {
        guard !report.circuits.isEmpty else { return "circuits: healthy; there are none" }
        let counts = CircuitState.allCases.compactMap { state -> String? in
            let names = report.circuits.filter { $0.figures.state == state }.map(\.figures.service.rawValue.printable)
            if names.isEmpty { return nil }
            let few = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
            return state == .closed ? "\(names.count) closed" : "\(names.count) \(state.words) (\(few))"
        }
        let flapping = report.circuits.filter(\.figures.isFlapping).count
        let alarm = flapping == 0 ? "" : "; \(flapping) flapping"
        let front = "circuits: "
        let health = report.health.rawValue
        let rest = "; " + counts.joined(separator: ", ") + alarm
        let room = width.map { $0 - front.columns - health.columns } ?? .max
        return front + palette.paint(health, report.health.tone) + rest.shortened(to: max(0, room))
    }

    /// Everything about one circuit.
    static func lines(_ circuit: CircuitReport, width: Int?, _ palette: Palette) -> [String] {
        let figures = circuit.figures
        let name = figures.service.rawValue.printable.shortened(to: width ?? .max)
        var table = Table.details()
        func row(_ name: String, _ value: String, _ tone: Tone = .plain) {
            table.rows.append([Cell(name, .faint), Cell(value, tone)])
        }
        row("state", "\(figures.state.words) (\(figures.health.rawValue))", figures.state.tone)
        if let time = figures.retryAfter { row("retry in", time.shortDescription) }
        for level in figures.levels { row("level", level.words, level.tone) }
        if figures.isFlapping { row("alarm", "it opens again and again", .bad) }
        if let faults = circuit.faults {
            let share = "\(faults.failureRate.percent) of its calls fail"
            let delay = faults.delay > .zero ? ", each waits \(faults.delay.shortDescription)" : ""
            row("faults", "injected: \(share)\(delay)", .notice)
        }
        row("calls", "\(figures.calls)")
        row("succeeded", "\(figures.successes)")
        row("failed", "\(figures.failures)")
        row("failure rate", figures.failureRate?.percent ?? "-")
        row("rejected", "\(figures.rejected)")
        row("slow", "\(figures.slow)")
        row("ignored", "\(figures.ignored)")
        if figures.late > 0 { row("late", "\(figures.late)") }
        let counts = circuit.counts
        row(
            "since closed",
            "\(counts.calls.of("call")), \(counts.failures) failed, \(counts.consecutiveFailures) in a row"
        )
        let failures = figures.failuresByType.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        for (type, count) in failures { row("failures of", "\(type): \(count)") }
        if let type = figures.lastFailureType { row("last failure", type) }
        row("opened", "\(figures.timesOpened.of("time")), for \(figures.timeOpen.shortDescription) in all")
        if figures.recoveries > 0 {
            let last = figures.lastTimeToRecover?.shortDescription ?? "-"
            let mean = figures.meanTimeToRecover?.shortDescription ?? "-"
            row("recovered", "\(figures.recoveries.of("time")), last after \(last), on average after \(mean)")
        }
        return [palette.paint(name, .strong)] + table.lines(width: width, palette)
    }
}
#endif
