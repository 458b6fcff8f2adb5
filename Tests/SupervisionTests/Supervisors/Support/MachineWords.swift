@testable import Supervision

/// The machine's actions as a reader would write them down.
enum MachineWords {
    typealias Names = [ChildKey: ChildID]

    static func order(_ action: SupervisorState.Action, _ names: Names) -> String? {
        switch action {
        case .start(let key): "start \(name(key, names))"
        case .stop(let key): "stop \(name(key, names))"
        case .scheduleRetry(let key, _, let delay):
            delay == .zero ? "retry \(name(key, names))" : "retry \(name(key, names)) in \(delay.shortDescription)"
        case .started: "started"
        case .abortProcess(let key): "abort for \(name(key, names))"
        case .finish(let outcome): "finish: \(words(outcome))"
        case .close, .adopt, .forget, .reply, .report: nil
        }
    }

    static func closure(_ action: SupervisorState.Action, _ names: Names) -> String? {
        switch action {
        case .close(let key): "close \(name(key, names))"
        case .forget(let key): "forget \(name(key, names))"
        case .adopt(let key, _): "adopt \(name(key, names))"
        case .start, .stop, .scheduleRetry, .reply, .report, .abortProcess, .started, .finish: nil
        }
    }

    static func reply(_ action: SupervisorState.Action) -> String? {
        guard case .reply(_, let answer) = action else { return nil }
        switch answer {
        case .done, .started(.running(nil)): return "ok"
        case .started(.running(let info?)): return "ok with \(info)"
        case .started(.ignored): return "ignored"
        case .refused(let error): return words(error)
        }
    }

    static func report(_ action: SupervisorState.Action, _ names: Names) -> String? {
        guard case .report(let report) = action else { return nil }
        switch report {
        case .started(let key, let isRestart, let onRequest):
            return "\(name(key, names)) \(isRestart ? "restarted" : "started")\(onRequest ? " on request" : "")"
        case .ended(let key, let reason, let next): return "\(name(key, names)) ended: \(reason); \(next)"
        case .startFailed(let key, let error, let willRetry):
            return "\(name(key, names)) start failed: \(error)\(willRetry ? "; retry" : "")"
        case .ignored(let key, let next): return "\(name(key, names)) ignored; \(next)"
        case .shutdownError(let key, let reason): return "\(name(key, names)) shutdown error: \(reason)"
        case .stopped(let key, let reason): return "\(name(key, names)) stopped: \(reason)"
        case .unstoppable(let key, let time): return "\(name(key, names)) unstoppable after \(time.shortDescription)"
        case .zombieEnded(let key): return "\(name(key, names)) zombie ended"
        case .gaveUp(let key, let reason, _): return "gave up at \(name(key, names)): \(reason)"
        case .parked(let key, let reason, _): return "\(name(key, names)) parked: \(reason)"
        case .paused(let key, let reason, _, let time):
            return "\(name(key, names)) paused for \(time.shortDescription): \(reason)"
        case .autoShutdown(let key): return "auto-shutdown by \(name(key, names))"
        }
    }

    static func life(_ life: SupervisorState.Life) -> String {
        switch life {
        case .down: "down"
        case .starting: "starting"
        case .running: "running"
        case .exited: "exited"
        case .restarting: "restarting"
        case .stopping: "stopping"
        }
    }

    static func words(_ error: SupervisorError?) -> String {
        switch error {
        case nil: "ok"
        case .alreadyStarted: "already started"
        case .alreadyPresent: "already present"
        case .running: "running"
        case .restarting: "restarting"
        case .notFound(_, let known): "not found among \(known.map(\.description).joined(separator: " "))"
        case .startFailed(_, let error): "start failed: \(error)"
        case .shuttingDown: "shutting down"
        case .invalid(let field, _, _): "invalid \(field)"
        case .nameTaken(let name, _): "name \(name) taken"
        case .keyTaken(let key, _, let holder): "key \(key) taken by \(holder)"
        case .childFailedToStart(let path, let error): "\(path) failed: \(error)"
        case .reachedMaximumIntensity(let path, _, let reason): "gave up at \(path): \(reason)"
        case .startedBefore: "started before"
        case .notAChild(let child): "\(child) is no child"
        case .noPartitions(let name): "no partitions of \(name)"
        case .tooManyChildren(let limit): "more than \(limit) children"
        case .unstoppable(let path): "\(path) unstoppable"
        }
    }

    private static func words(_ outcome: SupervisorState.Outcome) -> String {
        switch outcome {
        case .stopped(let reason): "\(reason)"
        case .startFailed(let id, let error): "\(id) failed to start: \(error)"
        case .gaveUp(let id, let reason, _): "gave up at \(id): \(reason)"
        case .unstoppable(let id): "\(id) unstoppable"
        case .autoShutdown(let id): "auto-shutdown by \(id)"
        }
    }

    private static func name(_ key: ChildKey, _ names: Names) -> String {
        names[key]?.description ?? "child \(key.number)"
    }
}
