/// Children that could not be stopped and take their supervisor with them (S3).
extension SupervisorState {
    /// The child at `index` was given up, and its supervisor is to fail for it.
    ///
    /// False when what is under way goes on as it would, and merely ends with the error: the supervisor is on its way
    /// down already, or its first start fails with this child.
    mutating func escalate(
        _ index: Int,
        incarnation: Int,
        _ reason: ExitReason,
        askedFor: Duration,
        _ actions: inout [Action]
    ) -> Bool {
        let (key, id) = (slots[index].key, slots[index].id)
        if let outcome {
            self.outcome = outcome.isError ? outcome : .unstoppable(id)
            return false
        }
        switch slots[index].life {
        case .starting(.pass) where pass?.kind == .initial: return false
        case .starting(let purpose):
            pass = nil
            actions.append(.report(.startFailed(key, Exit(reason), willRetry: false)))
            setDown(key, &actions)
            switch purpose {
            case .add(let request), .bringBack(let request):
                actions.append(.reply(request, .refused(.startFailed(id, Exit(reason)))))
            case .pass, .restart: break
            }
        case .stopping:
            // The pass that waits for it ends here: it must not go on to start others.
            pass = nil
            // What was asked about the child meanwhile is refused with the rest.
            deferred += followers.removeValue(forKey: key) ?? []
            childStopped(key, reason, askedFor: askedFor, &actions)
        case .running(incarnation):
            pass = nil
            actions.append(.report(.ended(key, reason, next: .supervisorGivesUp)))
            setDown(key, &actions)
        case .running, .down, .exited, .restarting: return false
        }
        beginShutdown(.unstoppable(id), &actions)
        return true
    }
}

extension SupervisorState.Outcome {
    /// Whether the supervisor ends with an error anyway, which then stays the reason.
    fileprivate var isError: Bool {
        switch self {
        case .startFailed, .unstoppable, .stopped(.error): true
        case .stopped, .gaveUp, .autoShutdown: false
        }
    }
}
