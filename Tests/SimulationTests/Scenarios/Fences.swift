import Supervision
import SupervisionTesting
import Synchronization

/// A server that promises answers and sets timers, and is told which life they belong to.
private actor Clerk: GenServer {
    enum Message: Sendable {
        case timer(life: Int, number: Int)
        case crash
    }

    private let seen: Seen
    private var life = 0
    private var context: ServerContext<Clerk>?
    private var tokens: [Int: TimerToken] = [:]

    init(_ seen: Seen) { self.seen = seen }

    func started(_ context: ServerContext<Clerk>) { (life, self.context) = (context.incarnation, context) }

    func handle(_ message: Message, _ context: ServerContext<Clerk>) throws {
        switch message {
        case .crash: throw Crash()
        case .timer(let life, let number):
            seen.fired(number)
            if life != self.life { seen.fault("timer \(number) of life \(life) came to life \(self.life)") }
        }
    }

    /// Answers later, from a task that outlives it.
    func promise(_ reply: Reply<Int>, _ number: Int, after delay: Duration) {
        guard let context else { return }
        let life = life
        seen.later(context.runtime, delay) { [seen] in
            // Whether it is still that life when it answers.
            if case .running(life) = context.ref.status {} else { seen.late(number) }
            reply(number)
        }
    }

    func set(_ number: Int, after delay: Duration) {
        tokens[number] = context?.send(.timer(life: life, number: number), after: delay)
    }

    func cancel(_ number: Int) -> Bool {
        guard let token = tokens.removeValue(forKey: number) else { return false }
        token.cancel()
        return true
    }
}

extension ServerName where Server == Clerk {
    fileprivate static var clerk: Self { .init("clerk") }
}

private final class Seen: Sendable {
    private struct State {
        var fired: [Int: Int] = [:]
        var cancelled: Set<Int> = []
        var late: Set<Int> = []
        var faults: [String] = []
        var work: [@Sendable () async -> Void] = []
    }

    private let state = Mutex(State())

    var faults: [String] { state.withLock(\.faults) }

    func fault(_ text: String) { state.withLock { $0.faults.append(text) } }

    func fired(_ number: Int) { state.withLock { $0.fired[number, default: 0] += 1 } }

    func count(of number: Int) -> Int { state.withLock { $0.fired[number, default: 0] } }

    func late(_ number: Int) { state.withLock { _ = $0.late.insert(number) } }

    func isLate(_ number: Int) -> Bool { state.withLock { $0.late.contains(number) } }

    func cancelled(_ number: Int) { state.withLock { _ = $0.cancelled.insert(number) } }

    func isCancelled(_ number: Int) -> Bool { state.withLock { $0.cancelled.contains(number) } }

    /// Keeps something that is done by a task of nobody's.
    func later(_ runtime: Runtime, _ delay: Duration, _ work: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.work.append {
                try? await runtime.sleep(for: delay)
                work()
            }
        }
    }

    func takeWork() -> [@Sendable () async -> Void] {
        state.withLock { state in
            defer { state.work = [] }
            return state.work
        }
    }
}

extension Scenario {
    /// Answers that come when the server that promised them has ended go nowhere.
    static let lateReplies = Scenario("late replies", "S1 S2 S16", faults: .init(crash: 0.1)) { world in
        let seen = Seen()
        let tree = try await Supervisor(intensity: .init(1_000, within: .seconds(1))) {
            Child(.clerk) { Clerk(seen) }
        }.start()
        let clerk = ServerRef(.clerk)
        await withTaskGroup(of: Void.self) { tasks in
            for number in 1...3 {
                tasks.addTask {
                    let delay = Duration.milliseconds(Int64(10 * world.choose(in: 1..<6)))
                    let answer = try? await clerk.call(
                        timeout: .milliseconds(40),
                        replyingLater: { clerk, reply in
                            clerk.promise(reply, number, after: delay)
                        }
                    )
                    if let answer, answer != number { seen.fault("answer \(answer) came for \(number)") }
                    if answer != nil, seen.isLate(number) { seen.fault("answer \(number) is of a life that was over") }
                }
            }
            tasks.addTask {
                for _ in 0..<3 {
                    try? await world.sleep(for: .milliseconds(Int64(10 * world.choose(in: 0..<4))))
                    if world.choose(in: 0..<2) == 0 { clerk.cast(.crash) }
                    await withTaskGroup(of: Void.self) { answers in
                        for work in seen.takeWork() { answers.addTask { await work() } }
                    }
                }
            }
        }
        try await world.sleep(for: .seconds(10))
        try await tree.stop()
        try world.expect(seen.faults.isEmpty, seen.faults.joined(separator: "; "))
        try world.expectLivesInOrder()
    }

    /// Timers come once, to the life that set them, unless they were cancelled.
    static let timers = Scenario("timers", "S1 G8", faults: .init(crash: 0.05, clockJump: 0.02)) { world in
        let seen = Seen()
        let tree = try await Supervisor(intensity: .init(1_000, within: .seconds(1))) {
            Child(.clerk) { Clerk(seen) }
        }.start()
        let clerk = ServerRef(.clerk)
        await withTaskGroup(of: Void.self) { tasks in
            for task in 1...2 {
                tasks.addTask {
                    for step in 1...4 {
                        let number = 10 * task + step
                        let delay = Duration.milliseconds(Int64(10 * world.choose(in: 1..<6)))
                        try? await clerk.call { $0.set(number, after: delay) }
                        try? await world.sleep(for: .milliseconds(Int64(10 * world.choose(in: 0..<6))))
                        switch world.choose(in: 0..<3) {
                        case 0:
                            let before = seen.count(of: number)
                            let isCancelled =
                                (try? await clerk.call { clerk in
                                    seen.count(of: number) == before && clerk.cancel(number)
                                }) ?? false
                            if isCancelled, before == 0 { seen.cancelled(number) }
                        case 1: clerk.cast(.crash)
                        default: break
                        }
                    }
                }
            }
        }
        try await world.sleep(for: .seconds(10))
        try await tree.stop()
        for number in 0..<30 where number > 0 {
            let count = seen.count(of: number)
            try world.expect(count <= 1, "timer \(number) comes once; it came \(count) times")
            try world.expect(
                !seen.isCancelled(number) || count == 0,
                "timer \(number) does not come, as it was cancelled"
            )
        }
        try world.expect(seen.faults.isEmpty, seen.faults.joined(separator: "; "))
    }
}
