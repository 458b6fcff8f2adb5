#if Observability
internal import Logging
internal import Supervision

extension LogLine {
    init(_ event: SupervisionEvent) {
        self.init(Self.message(event.kind))
        self["supervision.path"] = event.path
        self["supervision.kind"] = "\(event.child)"
        self["supervision.supervisor"] = event.supervisor
        if let offender = event.offender {
            self["supervision.child"] = "\(offender.id)"
            self["supervision.incarnation"] = "\(offender.incarnation)"
            self["supervision.restart"] = offender.restart.rawValue
        }
        if let crash = event.crash {
            self["supervision.message"] = crash.message
            self["supervision.client"] = crash.client
            self["supervision.contents"] = crash.contents
            self["supervision.state"] = crash.state
        }
        if let reason = event.reason { add(reason) }
        add(event.kind)
    }

    private static func message(_ kind: SupervisionEvent.Kind) -> Logger.Message {
        switch kind {
        case .started: "Child started"
        case .restarted: "Child restarted"
        case .startFailed: "Child failed to start"
        case .ignored: "Child has nothing to do"
        case .ended(let reason, _): reason.isClean ? "Child ended" : "Child crashed"
        case .stopped: "Child stopped"
        case .shutdownError: "Child ended badly while it was being stopped"
        case .childrenStopped(_, _, let isExpected):
            isExpected ? "Children stopped" : "Children ended badly while they were being stopped"
        case .unstoppable: "Child did not stop and was given up"
        case .zombieEnded: "Child that was given up has ended"
        case .gaveUp: "Supervisor gives up"
        case .parked: "Child is parked"
        case .paused: "Child is paused"
        case .autoShutdown: "Supervisor ends with its significant child"
        case .mailboxHigh: "Mailbox is nearly full"
        case .signalled: "Signal received"
        }
    }

    private mutating func add(_ kind: SupervisionEvent.Kind) {
        switch kind {
        case .started(let incarnation, _), .restarted(let incarnation):
            self["supervision.incarnation"] = "\(incarnation)"
        case .startFailed(_, let willRetry): self["supervision.retries"] = "\(willRetry)"
        case .ignored(let next), .ended(_, let next): self["supervision.next"] = "\(next)"
        case .childrenStopped(_, let count, _): self["supervision.count"] = "\(count)"
        case .unstoppable(let time): self["supervision.waited"] = time.shortDescription
        case .gaveUp(_, let intensity), .parked(_, let intensity): add(intensity)
        case .paused(_, let intensity, let time):
            add(intensity)
            self["supervision.delay"] = time.shortDescription
        case .mailboxHigh(let depth, let limit):
            self["supervision.mailbox.depth"] = "\(depth)"
            self["supervision.mailbox.limit"] = limit.map { "\($0)" }
        case .signalled(let name): self["supervision.signal"] = name
        case .stopped, .shutdownError, .zombieEnded, .autoShutdown: break
        }
    }

    private mutating func add(_ intensity: RestartIntensity) {
        self["supervision.intensity.restarts"] = "\(intensity.restarts)"
        self["supervision.intensity.period"] = intensity.period.shortDescription
    }

    init(_ event: ServerTraceEvent) {
        switch event.step {
        case .began: self.init("Message begun")
        case .ended(let time):
            self.init("Message handled")
            self["supervision.took"] = time.shortDescription
        case .failed(let time):
            self.init("Message ended its server")
            self["supervision.took"] = time.shortDescription
        }
        self["supervision.path"] = event.path
        self["supervision.message"] = event.message
    }
}
#endif
