extension ServerPlace {
    /// Lets a call that a simulation has kept from visiting an idle server do so after all, now and then.
    func visit(_ interference: any Interference) async -> (server: Server, word: UInt64)? {
        await interference.pass()
        guard interference.choose(2) == 0 else { return nil }
        let isOpen = withState { state in
            let traits = state.traits
            guard state.phase == .idle, traits.subtracting(.isSimulated).allowsVisits else { return false }
            // Opened with the lock, since nobody else can come between: the simulation has but one thread.
            state.traits.remove(.isSimulated)
            return true
        }
        guard isOpen else { return nil }
        interference.note("a task visits \(path)")
        defer { withState { _ = $0.traits.insert(.isSimulated) } }
        return enter()
    }

    /// A simulation has some of those end at once that might, and takes the others through all steps of an end.
    func endsAtOnceInSimulation() -> Bool {
        guard let interference = runtime.interference, withState({ $0.isAtRest }) else { return false }
        return interference.places.isWithoutTerminate(Server.self) && interference.choose(2) == 1
    }

    /// What a simulation does before a message is handled.
    func interfere(_ interference: any Interference, with letter: Letter<Server>) async throws {
        // What supervises must not crash: that would be another fault than that of a server.
        if isSelfManaged {
            interference.note("\(path) handles \(letter.label)")
            await interference.pass()
        } else {
            do {
                try await interference.willHandle(letter.label, at: path)
            } catch {
                // It is in work when its server crashes, and is lost with it (S2).
                if case .call(let call) = letter { call.fail(ServerError.exited(.error(error))) }
                throw error
            }
        }
    }
}
