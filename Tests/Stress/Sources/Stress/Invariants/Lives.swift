internal import Supervision

/// What the events of supervisors tell of their children's lives: each begins before it ends, numbers rise by one, and
/// no supervisor makes more restarts than it may.
struct Lives: Sendable {
    /// How often things happened.
    struct Counts: Sendable {
        var starts = 0
        var crashes = 0
        var stops = 0
        var zombies = 0
        var givenUp = 0
    }

    private struct Life: Sendable {
        var incarnation = 0
        var isRunning = false
        /// Starts that failed since the last one that did not.
        var failedStarts = 0
        /// How often something above it had ended when it last began.
        var endsAbove = 0
        /// How often it has ended.
        var ends = 0
        /// What its children's restarts count up to; from zero in each life.
        var restarts = 0
    }

    /// The restarts that a supervisor may make in one life, whose period is longer than any round.
    static let restartLimits = ["app/fragile": 3]

    private(set) var counts = Counts()
    private var lives: [String: Life] = [:]

    /// What is wrong with the event, if something is.
    mutating func problem(with event: SupervisionEvent) -> String? {
        switch event.kind {
        case .started(let incarnation, _), .restarted(let incarnation):
            counts.starts += 1
            return began(event.path, incarnation)
        case .startFailed(_, let willRetry):
            lives[event.path, default: Life()].failedStarts += 1
            // The retry counts like a restart (R32). Whether it is one too many is told next.
            if willRetry { noteRestart(event.path) }
        case .ended(let reason, let next):
            if !reason.isClean { counts.crashes += 1 }
            let isLast = next == .removed || next == .staysDown
            return ended(event.path, isLast: isLast) ?? willRestart(event.path, next)
        case .stopped, .shutdownError:
            counts.stops += 1
            return ended(event.path, isLast: true, mayBeDown: true)
        // The end is told after it.
        case .unstoppable: counts.zombies += 1
        case .gaveUp(_, let intensity):
            counts.givenUp += 1
            return gaveUp(event.path, intensity)
        case .zombieEnded, .ignored, .childrenStopped, .parked, .paused, .autoShutdown, .mailboxHigh, .signalled: break
        }
        return nil
    }

    private mutating func began(_ path: String, _ incarnation: Int) -> String? {
        let endsAbove = endsAbove(path)
        var life = lives[path, default: Life()]
        defer {
            life.incarnation = incarnation
            life.isRunning = true
            life.failedStarts = 0
            life.endsAbove = endsAbove
            lives[path] = life
        }
        if life.isRunning, endsAbove == life.endsAbove {
            return "\(path) began life \(incarnation) before life \(life.incarnation) had ended"
        }
        if incarnation == life.incarnation + life.failedStarts + 1 { return nil }
        // What an operator has asked for and has failed is told to the operator alone, or the child is a new one.
        if path.hasPrefix(Names.shaky) { return nil }
        // A new place after its supervisor's end.
        if endsAbove > life.endsAbove, incarnation >= 1, incarnation <= life.failedStarts + 1 { return nil }
        return """
            \(path) began life \(incarnation) after life \(life.incarnation) and \(life.failedStarts) failed starts
            """
    }

    private mutating func ended(_ path: String, isLast: Bool, mayBeDown: Bool = false) -> String? {
        var life = lives[path, default: Life()]
        if !life.isRunning, !mayBeDown, life.failedStarts == 0 { return "\(path) ended, and had not begun" }
        life.isRunning = false
        life.ends += 1
        // Not when the next life begins: its children may have begun and ended by the time that is told.
        life.restarts = 0
        if isLast, path.contains("#") {
            // One of a dynamic supervisor has a number that never comes again, so it need not be remembered.
            lives[path] = nil
        } else {
            lives[path] = life
        }
        return nil
    }

    private mutating func willRestart(_ path: String, _ next: SupervisionEvent.Consequence) -> String? {
        guard next == .restartsNow, let supervisor = parent(of: path), let limit = Self.restartLimits[supervisor] else {
            return nil
        }
        let restarts = noteRestart(path)
        return restarts <= limit ? nil : "\(supervisor) makes restart \(restarts), and may make \(limit) (R30)"
    }

    /// Gives how many restarts its supervisor has made.
    @discardableResult
    private mutating func noteRestart(_ path: String) -> Int {
        guard let supervisor = parent(of: path) else { return 0 }
        var life = lives[supervisor, default: Life()]
        life.restarts += 1
        lives[supervisor] = life
        return life.restarts
    }

    private func gaveUp(_ path: String, _ intensity: RestartIntensity) -> String? {
        guard let supervisor = parent(of: path), let limit = Self.restartLimits[supervisor] else {
            return "\(path) made its supervisor give up, which may restart as often as it likes (R30)"
        }
        let restarts = lives[supervisor]?.restarts ?? 0
        // A retry that is not made has been counted; a restart that is not made has not.
        let isRetry = (lives[path]?.failedStarts ?? 0) > 0
        if restarts == (isRetry ? limit + 1 : limit) { return nil }
        return "\(supervisor) gave up after \(restarts) restarts, and may make \(limit) (R30)"
    }

    private func parent(of path: String) -> String? {
        path.lastIndex(of: "/").map { String(path[..<$0]) }
    }

    private func endsAbove(_ path: String) -> Int {
        var ends = 0
        var path = path
        while let above = parent(of: path) {
            ends += lives[above]?.ends ?? 0
            path = above
        }
        return ends
    }
}
