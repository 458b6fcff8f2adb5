/// How what a supervisor has to say of a child becomes an event.
extension SupervisorState.Report {
    /// The child that it is about.
    var child: ChildKey {
        switch self {
        case .started(let key, _, _), .ended(let key, _, _), .startFailed(let key, _, _), .shutdownError(let key, _),
            .stopped(let key, _), .unstoppable(let key, _), .zombieEnded(let key), .gaveUp(let key, _, _),
            .ignored(let key, _), .parked(let key, _, _), .paused(let key, _, _, _), .autoShutdown(let key):
            key
        }
    }

    /// - Parameter place: gives the place of the child.
    @inline(__always)
    func emit(in runtime: Runtime, _ place: (ChildKey) -> (any ManagedPlace)?) {
        // Asked first, so that only what somebody wants to know is looked up and put together.
        guard runtime.wants(kind(incarnation: 0).level), let place = place(child) else { return }
        runtime.emit(place.event(kind(incarnation: place.incarnation)))
    }

    @inline(__always)
    private func kind(incarnation: Int) -> SupervisionEvent.Kind {
        switch self {
        case .started(_, isRestart: true, _): .restarted(incarnation: incarnation)
        case .started(_, _, let onRequest): .started(incarnation: incarnation, onRequest: onRequest)
        case .ended(_, let reason, let next): .ended(reason, next: next)
        case .startFailed(_, let error, let willRetry): .startFailed(error, willRetry: willRetry)
        case .shutdownError(_, let reason): .shutdownError(reason)
        case .stopped(_, let reason): .stopped(reason)
        case .unstoppable(_, let askedFor): .unstoppable(askedFor: askedFor)
        case .zombieEnded: .zombieEnded
        case .ignored(_, let next): .ignored(next: next)
        case .gaveUp(_, let reason, let intensity): .gaveUp(reason, intensity)
        case .parked(_, let reason, let intensity): .parked(reason, intensity)
        case .paused(_, let reason, let intensity, let time): .paused(reason, intensity, time)
        case .autoShutdown: .autoShutdown
        }
    }
}
