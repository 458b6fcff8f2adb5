#if Admin
internal import CircuitBreakers
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import Supervision

extension EventRecord {
    /// What is told of an event.
    init(_ event: any RuntimeEvent, id: String, at date: Date) {
        self.id = id
        time = date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        level = event.level.description
        // An error's words may be of any length.
        text = event.description.limited(to: 2_000)
        details = event.details?.limited(to: 8_000)
        type = .other
        switch event {
        case let event as SupervisionEvent:
            type = .supervision
            path = event.path
        case let event as CircuitEvent:
            type = .circuit
            service = event.service?.rawValue
            if case .transition(let transition) = event.kind {
                from = transition.from.rawValue
                to = transition.to.rawValue
            }
        case let event as ServerTraceEvent:
            type = .trace
            path = event.path
        case is AdminAudit: type = .audit
        default: break
        }
    }
}

extension EventLog.Entry {
    init(number: Int, of event: any RuntimeEvent, at date: Date, run: String, _ encoder: JSONEncoder) {
        let id = "\(run)-\(number)"
        let record = EventRecord(event, id: id, at: date)
        self.number = number
        level = event.level
        kind = record.type
        // A record of texts can always be written; were it not so, the event would be told without its words.
        let json = (try? encoder.encode(record)).map { [UInt8]($0) } ?? Array("{}".utf8)
        frame = Array("id: \(id)\ndata: ".utf8) + json + Array("\n\n".utf8)
    }
}

extension String {
    fileprivate func limited(to limit: Int) -> String {
        utf8.count > limit ? "\(prefix(limit - 1))…" : self
    }
}
#endif
