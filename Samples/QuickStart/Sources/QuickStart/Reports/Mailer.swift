import Supervision

/// Makes a report of the users from the template, again and again. It crashes when the template is no good: better
/// than to send nonsense.
actor Mailer: GenServer {
    enum Message: Sendable { case send }

    struct BrokenTemplate: Error, CustomStringConvertible {
        var description: String { "the template has no \(placeholder)" }
    }

    private static let placeholder = "{count}"
    private var sent = 0

    func started(_ context: ServerContext<Mailer>) {
        context.send(.send, every: Settings.mailPeriod)
    }

    func handle(_ message: Message, _ context: ServerContext<Mailer>) async throws {
        let template = try await ServerRef(.templates).call { $0.text }
        let count = try await ServerRef(.users).call { $0.users.count }
        let report = try Self.report(template, count: count)
        sent += 1
        if sent == 1 { context.runtime.emit(AppEvent.mailed(report)) }
    }

    func terminate(reason: ExitReason) {
        Runtime.current.emit(AppEvent.terminating("reports/mailer", reason, "it had sent \(sent) reports"))
    }

    static func report(_ template: String, count: Int) throws(BrokenTemplate) -> String {
        guard template.contains(placeholder) else { throw BrokenTemplate() }
        return template.replacing(placeholder, with: String(count))
    }
}
