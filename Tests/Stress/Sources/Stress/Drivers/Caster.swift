internal import Supervision
internal import Synchronization

/// Casts numbered messages and asks between them what has come: nothing is lost, and nothing overtakes.
struct Caster: Driver {
    static let label = "caster"
    let stage: Stage
    let sender: Int
    /// What was cast, and let in as far as it is known, to each desk.
    private var last: [String: Int] = [:]
    private var admitted: [String: Int] = [:]

    init(_ stage: Stage, sender: Int) {
        self.stage = stage
        self.sender = sender
    }

    mutating func step(_ numbers: inout Numbers) async throws {
        let target = numbers.pick(stage.targets)
        for _ in 0...numbers.below(20) {
            if target.log.mail == .admitted || numbers.oneIn(4) {
                try await send(to: target)
            } else {
                cast(to: target)
            }
        }
        if numbers.oneIn(3) { try await check(target) }
    }

    mutating func finish() async throws {
        for target in stage.targets { try await check(target) }
    }

    private mutating func next(_ target: Stage.Target) -> (Desk.Message, Int) {
        let number = last[target.log.name, default: 0] + 1
        stage.round.tally.casts.add(1, ordering: .relaxed)
        return (.note(sender: sender, number: number, Witness(.message, stage.round.census)), number)
    }

    private mutating func cast(to target: Stage.Target) {
        let (message, number) = next(target)
        target.ref.cast(message)
        last[target.log.name] = number
        admitted[target.log.name, default: 0] += 1
    }

    private mutating func send(to target: Stage.Target) async throws {
        let (message, number) = next(target)
        do {
            try await target.ref.send(message, timeout: .seconds(60))
            last[target.log.name] = number
            admitted[target.log.name, default: 0] += 1
        } catch ServerError.overloaded {
            // Not let in, so the number is still free; but it must not be used twice if it was, after all.
            if target.log.mail != .complete { last[target.log.name] = number }
            await Task.yield()
        } catch {
            if target.log.mail != .complete { last[target.log.name] = number }
            throw error
        }
    }

    /// A call comes after what its sender has cast before it (S15).
    private func check(_ target: Stage.Target) async throws {
        let sender = sender
        var seen: DeskLog.Seen?
        for _ in 0..<10_000 where seen == nil && !stage.round.isStopping {
            do {
                seen = try await target.ref.call(timeout: .seconds(60)) { $0.seen(of: sender) }
            } catch ServerError.overloaded, ServerError.exited {
                try await stage.runtime.sleep(for: .microseconds(100))
            } catch ServerError.notRunning where target.log.mail == .ordered {
                return
            }
        }
        guard let seen, !stage.round.isStopping else { return }
        let (last, admitted) = (last[target.log.name, default: 0], admitted[target.log.name, default: 0])
        let holds =
            switch target.log.mail {
            case .complete: seen.last == last && seen.count == last
            case .admitted: seen.count == admitted
            case .ordered: seen.count <= last
            }
        stage.round.referee.require(
            holds || stage.round.isStopping,
            """
            sender \(sender) has sent up to \(last), \(admitted) of them let in; \(seen.count) were begun, the last \
            of them \(seen.last) (S2, S15, S17)
            """,
            at: target.log.name
        )
    }
}
