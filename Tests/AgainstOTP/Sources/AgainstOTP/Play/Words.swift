import Supervision

/// How reasons and errors are told, in the words of both programs.
enum Words {
    static func reason(_ reason: ReasonWord) -> String {
        Self.reason(reason.exitReason)
    }

    static func reason(_ reason: ExitReason) -> String {
        switch reason {
        case .normal: "normal"
        case .shutdown: "shutdown"
        case .shutdownWith(let detail): "shutdown(\(detail))"
        case .error(let error): failure(error)
        case .unstoppable: "unstoppable"
        }
    }

    /// What a start has failed with.
    static func failure(_ error: any Error) -> String {
        switch error {
        case let crash as Crash: "error(\(crash.name))"
        case let exit as Exit: reason(exit.reason)
        case SupervisorError.childFailedToStart(let path, let error):
            "failed(\(path.split(separator: "/").last ?? "") \(failure(error)))"
        case SupervisorError.invalid: "invalid"
        default: "\(error)"
        }
    }

    /// How a request was answered.
    static func refusal(_ error: any Error) -> String {
        switch error {
        case SupervisorError.alreadyPresent: "already present"
        case SupervisorError.alreadyStarted: "already started"
        case SupervisorError.running: "running"
        case SupervisorError.restarting: "restarting"
        case SupervisorError.notFound: "not found"
        case SupervisorError.startFailed(_, let error): "failed \(failure(error))"
        // OTP's caller exits, with noproc or with the reason of the supervisor.
        case SupervisorError.shuttingDown, ServerError.notRunning, ServerError.exited: "gone"
        default: "failed \(failure(error))"
        }
    }
}
