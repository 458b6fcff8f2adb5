/// How what a supervisor has to say of a child becomes an event.
extension SupervisorState.Report {
    /// The child that it is about.
    var child: ChildKey {
        switch self {
        case .started(let key, _, _), .ended(let key, _, _), .startFailed(let key, _, _), .shutdownError(let key, _),
            .stopped(let key, _), .unstoppable(let key, _), .zombieEnded(let key), .gaveUp(let key, _),
            .autoShutdown(let key):
            key
        }
    }

    /// - Parameters:
    ///   - place: the place of the child.
    ///   - intensity: the supervisor's.
    func event(of place: any ManagedPlace, _ intensity: RestartIntensity) -> SupervisionEvent {
        let kind: SupervisionEvent.Kind =
            switch self {
            case .started(_, isRestart: true, _): .restarted(incarnation: place.incarnation)
            case .started(_, _, let onRequest): .started(incarnation: place.incarnation, onRequest: onRequest)
            case .ended(_, let reason, let next): .ended(reason, next: next)
            case .startFailed(_, let error, let willRetry): .startFailed(error, willRetry: willRetry)
            case .shutdownError(_, let reason): .shutdownError(reason)
            case .stopped(_, let reason): .stopped(reason)
            case .unstoppable(_, let askedFor): .unstoppable(askedFor: askedFor)
            case .zombieEnded: .zombieEnded
            case .gaveUp(_, let reason): .gaveUp(reason, intensity)
            case .autoShutdown: .autoShutdown
            }
        return SupervisionEvent(path: place.path, child: place.kind, kind: kind, crash: place.crash(toldBy: kind))
    }
}
