#if Admin
import Supervision
import SupervisionAdmin

/// A server in full.
enum ServerDisplay {
    static func lines(_ report: ServerReport, width: Int?, _ palette: Palette) -> [String] {
        let name = palette.paint(report.path.printable.shortened(to: width ?? .max), .strong)
        var table = Table.details()
        func row(_ name: String, _ value: String, _ tone: Tone = .plain) {
            table.rows.append([Cell(name, .faint), Cell(value, tone)])
        }
        row("what it is", report.kind)
        row("status", report.status, report.condition.tone)
        if report.isSuspended { row("suspended", "it handles nothing but requests of operators", .notice) }
        if let time = report.uptimeMilliseconds { row("running for", Duration.milliseconds(time).shortDescription) }
        row("restarts", "\(report.restarts)", report.restarts > 0 ? .notice : .plain)
        row("mailbox", report.mailboxDepth.of("message"))
        guard let observed = report.observed else {
            row("observed", "no; supervisionctl server --help says how", .faint)
            return [name] + table.lines(width: width, palette)
        }
        row("observed for", Duration.milliseconds(observed.milliseconds).shortDescription)
        row("received", "\(observed.received.of("message")), \(observed.refused) refused")
        row("handled", "\(observed.handled.of("message")), \(observed.failed) failed")
        row("in handlers", Duration.milliseconds(observed.millisecondsInHandlers).shortDescription)
        row("high water", "\(observed.highWater.of("message")) waited at once")
        var messages = Table(columns: [
            .init(heading: "last messages", least: 16),
            .init(heading: "ago", isRight: true),
            .init(heading: "took", isRight: true),
            .init(heading: ""),
        ])
        messages.rows = report.messages.map { message in
            [
                Cell(message.message),
                Cell(Duration.milliseconds(message.agoMilliseconds).shortDescription),
                Cell(Duration.microseconds(message.tookMicroseconds).shortDescription),
                Cell(message.endedServer ? "ended the server" : "", .bad),
            ]
        }
        let rest = messages.rows.isEmpty ? [] : [""] + messages.lines(width: width, palette)
        return [name] + table.lines(width: width, palette) + rest
    }
}
#endif
