import Supervision

/// Keeps the text of the reports, in memory: what is broken here stays broken until it is started anew.
actor Templates: GenServer {
    private(set) var text = "Known users: {count}."

    /// Replaces the text with one that no report can be made of.
    func spoil() {
        text = "Known users: {cuont}."
    }

    func terminate(reason: ExitReason) {
        Runtime.current.emit(AppEvent.terminating("reports/templates", reason, "templates forgotten"))
    }
}
