/// What an operator is told of the message that ended an incarnation (G12, S13).
extension ServerPlace {
    /// Notes at what the server was when `letter` ended the incarnation.
    @usableFromInline
    func noteCrash(at letter: Letter<Server>, on server: isolated Server, _ incarnation: Int) {
        let reveals = rules?.reveals ?? []
        note(
            CrashReport(
                message: letter.label,
                client: letter.client,
                contents: reveals.contains(.lastMessage) ? letter.contents : nil,
                state: state(of: server, reveals)
            ),
            of: incarnation
        )
    }

    /// The same for a call that was served in its caller's own task.
    func noteCrash(atCallFor value: String, on server: isolated Server, _ incarnation: Int) {
        note(
            CrashReport(
                message: "call for \(value)",
                client: Turn.current?.path,
                contents: nil,
                state: state(of: server, rules?.reveals ?? [])
            ),
            of: incarnation
        )
    }

    private func state(of server: isolated Server, _ reveals: RevealedData) -> String? {
        guard reveals.contains(.state) else { return nil }
        // Nothing of what it threw is told: that may be the very data that it was to hide.
        do { return try server.stateDescription() } catch { return "(could not be described)" }
    }

    private func note(_ report: CrashReport, of incarnation: Int) {
        withState { state in
            // One that was asked to stop did not crash at the message (S11), but one that took too long for it did.
            if state.isLive(incarnation), state.exit == nil || state.isOverdue { state.rare.crash = report }
        }
    }

    var crashReport: CrashReport? {
        withState { $0.knownRare?.crash }
    }
}

extension Letter {
    /// Who waits for the answer, if it is a server.
    fileprivate var client: String? {
        guard case .call(let call) = self else { return nil }
        return call.caller?.path
    }

    /// What the letter says.
    fileprivate var contents: String? {
        switch self {
        case .message(let message), .own(let message, _, _): "\(message)"
        case .call: nil
        }
    }
}
