import Supervision
import SupervisionTesting
import Synchronization

/// What clients sent to a server, and what became of it.
final class Post: Sendable {
    struct Letter: Hashable, Sendable {
        let client: Int
        let number: Int
    }

    private struct State {
        var sent: [Letter] = []
        var handled: [Letter] = []
        var answered: Set<Letter> = []
        var isAtWork = false
        var faults: [String] = []
    }

    private let state = Mutex(State())

    var faults: [String] { state.withLock(\.faults) }
    var sent: [Letter] { state.withLock(\.sent) }
    var handled: [Letter] { state.withLock(\.handled) }

    func send(_ letter: Letter) {
        state.withLock { $0.sent.append(letter) }
    }

    func answer(_ letter: Letter) {
        state.withLock { state in
            if !state.handled.contains(letter) { state.faults.append("\(letter) was answered and not handled") }
            state.answered.insert(letter)
        }
    }

    /// A message begins: not twice, not beside another one, and not before an earlier one of its client.
    func begin(_ letter: Letter, isOrdered: Bool = true) {
        state.withLock { state in
            if state.isAtWork { state.faults.append("\(letter) is handled beside another one") }
            if state.handled.contains(letter) { state.faults.append("\(letter) is handled twice") }
            if isOrdered, state.handled.contains(where: { $0.client == letter.client && $0.number > letter.number }) {
                state.faults.append("\(letter) is handled after a later one")
            }
            state.isAtWork = true
            state.handled.append(letter)
        }
    }

    func end() {
        state.withLock { $0.isAtWork = false }
    }
}

/// A server that takes its time for each letter.
actor Office: GenServer {
    private let post: Post

    init(_ post: Post) { self.post = post }

    func handle(_ letter: Post.Letter, _ context: ServerContext<Office>) async throws {
        try await take(letter, context.runtime)
    }

    func take(_ letter: Post.Letter, _ runtime: Runtime) async throws {
        post.begin(letter)
        defer { post.end() }
        if letter.number % 3 == 0 { try await runtime.sleep(for: .milliseconds(10)) }
    }

    func takeAtOnce(_ letter: Post.Letter) {
        post.begin(letter)
        post.end()
    }
}

extension ServerName where Server == Office {
    static var office: Self { .init("office") }
}

extension Scenario {
    /// Casts and calls by several clients, with deadlines and cancellation.
    static let mail = Scenario("mail", "S15 S16 G4", faults: .init(stall: 0.05, longestDelay: .seconds(2))) { world in
        let post = Post()
        let tree = try await Supervisor { Child(.office) { Office(post) } }.start()
        let casts = await withTaskGroup(of: Int.self) { tasks in
            for client in 0..<3 {
                tasks.addTask { await write(as: client, to: post, world, cancels: true) }
            }
            return await tasks.reduce(0, +)
        }
        try await world.sleep(for: .seconds(60))
        let handled = post.handled.count { $0.number >= 100 }
        try world.expect(handled == casts, "\(casts) casts handled; there were \(handled)")
        try await tree.stop()
        try world.expect(post.faults.isEmpty, post.faults.joined(separator: "; "))
    }

    /// A mailbox with room for two, by each rule of what happens when it is full.
    static let boundedMail = Scenario("bounded mail", "S17 S15 S16") { world in
        let post = Post()
        let overflow = world.choose(from: [MailboxOverflow.suspend, .dropOldest, .reject]) ?? .suspend
        let tree = try await Supervisor {
            Child(.office) { Office(post) }.mailbox(limit: 2, overflow: overflow)
        }.start()
        let office = ServerRef(.office)
        await withTaskGroup(of: Void.self) { tasks in
            for client in 0..<3 {
                tasks.addTask {
                    for number in 1...3 {
                        let letter = Post.Letter(client: client, number: number)
                        do {
                            try await office.send(letter, timeout: .milliseconds(Int64(5 * world.choose(in: 1..<8))))
                            post.send(letter)
                        } catch {}
                    }
                }
            }
        }
        try await world.sleep(for: .seconds(1))
        try await tree.stop()
        let (sent, handled) = (Set(post.sent), Set(post.handled))
        try world.expect(
            handled.isSubset(of: sent),
            "nothing is handled of which its sender was told that it was not sent"
        )
        if overflow != .dropOldest { try world.expect(handled == sent, "all is handled that was sent") }
        try world.expect(post.faults.isEmpty, post.faults.joined(separator: "; "))
    }

    /// The same with crashes: only what was in work is lost, and each caller is told.
    static let mailOverRestarts = Scenario(
        "mail over restarts",
        "S2 S15 S16 R40",
        faults: .init(crash: 0.1, startDelay: 0.1, longestDelay: .seconds(1))
    ) { world in
        let post = Post()
        let tree = try await Supervisor(intensity: .init(1_000, within: .seconds(1))) {
            Child(.office) { Office(post) }
        }.start()
        let casts = await withTaskGroup(of: Int.self) { tasks in
            for client in 0..<3 {
                tasks.addTask { await write(as: client, to: post, world, cancels: false) }
            }
            return await tasks.reduce(0, +)
        }
        try await world.sleep(for: .seconds(60))
        let crashes = world.events.events.count { event in
            if case .ended? = (event as? SupervisionEvent)?.kind { true } else { false }
        }
        let handled = post.handled.count { $0.number >= 100 }
        try world.expect(handled <= casts, "no more casts handled than sent")
        try world.expect(
            casts - handled <= crashes,
            "\(crashes) crashes lose so many casts; \(casts - handled) are lost"
        )
        try await tree.stop()
        try world.expect(post.faults.isEmpty, post.faults.joined(separator: "; "))
        try world.expectLivesInOrder()
    }
}

/// Sends some letters, and gives how many of them were casts: those have numbers from 100.
private func write(as client: Int, to post: Post, _ world: Simulation.World, cancels: Bool) async -> Int {
    let office = ServerRef(.office)
    var casts = 0
    for number in 1...4 {
        let timeout = Duration.milliseconds(Int64(5 * world.choose(in: 1..<10)))
        switch world.choose(in: 0..<4) {
        case 0:
            office.cast(.init(client: client + 10, number: 100 + number))
            casts += 1
        case 1:
            let letter = Post.Letter(client: client, number: number)
            let answer: Void? = try? await office.call(timeout: timeout) { $0.takeAtOnce(letter) }
            if answer != nil { post.answer(letter) }
        case 2:
            let letter = Post.Letter(client: client, number: number)
            let answer: Void? = try? await office.call(timeout: timeout) { office in
                try await office.take(letter, world.runtime)
            }
            if answer != nil { post.answer(letter) }
        default:
            let letter = Post.Letter(client: client, number: number)
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    let answer: Void? = try? await office.call(timeout: .seconds(30)) { office in
                        try await office.take(letter, world.runtime)
                    }
                    if answer != nil { post.answer(letter) }
                }
                if cancels { tasks.cancelAll() }
            }
        }
    }
    return casts
}
