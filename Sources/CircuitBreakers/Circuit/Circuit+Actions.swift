internal import Supervision
internal import Synchronization

/// Carrying out what the machine says, when its lock has been let go.
extension Circuit {
    func carryOut(_ actions: [CircuitAction]) {
        for action in actions {
            switch action {
            case .publish(.transition, at: _): table.keep(self)
            case .publish: break
            case .armAlarmTimer(let time):
                arm(.alarm, .alarmTimer(service), at: time, of: nil)
            case .armResetTimer(let time, let generation):
                arm(.reset, .resetTimer(service, generation: generation), at: time, of: generation)
            case .armLeaseTimer(let time, let generation, let probe):
                let message = CircuitBreakerServer.Message.leaseTimer(service, generation: generation, probe: probe)
                arm(.lease(probe: probe), message, at: time, of: generation)
            case .cancelLeaseTimer(let probe):
                guarded.withLock { $0.rare.details.timers.take(.lease(probe: probe)) }?.cancel()
            case .cancelTimers:
                // Those of the generation that is over. A newer one may have been armed meanwhile by another thread.
                let timers = guarded.withLock { $0.rare.details.timers.takeAll(before: $0.machine.generation) }
                for timer in timers { timer.cancel() }
            }
        }
        releaseWaiters()
        feed.wake(in: runtime)
    }

    /// Arms a timer, if there is a server to send its message to. One that comes too late to be needed does no harm
    /// (B14); it is only not kept.
    private func arm(
        _ slot: CircuitTimers.Slot,
        _ message: CircuitBreakerServer.Message,
        at time: RuntimeInstant,
        of generation: UInt64?
    ) {
        guard let context = table.context else { return }
        let delay = max(.zero, runtime.now.duration(to: time))
        keep(context.send(message, after: delay), slot, of: generation)
    }

    private func keep(_ timer: TimerToken, _ slot: CircuitTimers.Slot, of generation: UInt64?) {
        let (unneeded, successor) = guarded.withLock { guarded -> (TimerToken?, Circuit?) in
            if let successor = guarded.rare.details.successor { return (nil, successor) }
            guard !guarded.isOver, generation.map({ $0 == guarded.machine.generation }) ?? true else {
                return (timer, nil)
            }
            return (guarded.rare.details.timers.keep(timer, in: slot, of: generation ?? .max), nil)
        }
        unneeded?.cancel()
        successor?.keep(timer, slot, of: generation)
    }

    /// Adds an event, in the order of the lock that this is called under. The feed is woken when that has been let go.
    func publish(_ kind: CircuitEvent.Kind, at time: RuntimeInstant) {
        _ = feed.append(CircuitEvent(service: service, time: time, kind: kind))
    }
}
