import SupervisionTesting
import Testing

@testable import Supervision

@Suite("State machines")
struct ServerStatesTests {
    actor Door: GenServer {
        enum State: Sendable {
            case locked, open
        }
        enum Message: Sendable {
            case push(Int), unlock, lock, hold(HoldPoint)
            case stateTimeout(Duration?), timeout(String, Duration?), over(String)
        }
        private(set) var door = ServerStates<Door, State>(.locked)
        private let journal: LifeJournal

        init(_ journal: LifeJournal) {
            self.journal = journal
        }

        func handle(_ message: Message, _ context: ServerContext<Door>) async {
            switch (door.state, message) {
            case (_, .hold(let point)): await point.hold()
            case (.locked, .push): door.postpone(message)
            case (.open, .push(let number)): journal.note("push \(number)")
            case (_, .unlock): door.transition(to: .open, context) { journal.note("open") }
            case (_, .lock): door.transition(to: .locked, context) { journal.note("locked") }
            case (_, .stateTimeout(let time)): door.setStateTimeout(time, .over("state"), context)
            case (_, .timeout(let name, let time)): door.setTimeout(name, time, .over(name), context)
            case (_, .over(let name)): journal.note("\(name) is over")
            }
        }
    }

    let clock = ManualClock()
    let journal = LifeJournal()
    let runtime: Runtime
    let door: ServerRef<Door>

    init() {
        runtime = Runtime(clock: clock, events: SilentSink())
        door = ServerRef(ServerName("door"), in: runtime)
    }

    func start() async throws -> ServerRef<Supervisor> {
        try await Supervisor { Child(ServerName<Door>("door")) { [journal] in Door(journal) } }.start(in: runtime)
    }

    /// What has been written down when all that was sent is through.
    func notes() async throws -> [String] {
        _ = try await door.call { $0.door.state }
        return journal.lines
    }

    @Test("G20 what is put off comes again when the state changes, in its order and before what is queued")
    func postpone() async throws {
        let tree = try await start()
        let point = HoldPoint()
        door.cast(.hold(point))
        await point.waitForArrivals()
        for message in [Door.Message.push(1), .push(2), .unlock, .push(3)] { door.cast(message) }
        point.open()
        #expect(try await notes() == ["open", "push 1", "push 2", "push 3"])
        #expect(try await door.call { $0.door.postponedCount } == 0)
        try await tree.stop(.shutdown)
    }

    @Test("G20 what is put off again waits for the next change; a transition to the same state is none")
    func postponeAgain() async throws {
        let tree = try await start()
        for message in [Door.Message.push(1), .lock, .push(2)] { door.cast(message) }
        #expect(try await notes() == [])
        #expect(try await door.call { $0.door.postponedCount } == 2)
        for message in [Door.Message.unlock, .lock, .push(3), .unlock] { door.cast(message) }
        #expect(try await notes() == ["open", "push 1", "push 2", "locked", "open", "push 3"])
        try await tree.stop(.shutdown)
    }

    @Test("G20 the timeout of a state ends with the state, and can be changed and taken back")
    func stateTimeout() async throws {
        let tree = try await start()
        door.cast(.stateTimeout(.seconds(1)))
        door.cast(.unlock)
        _ = try await notes()
        #expect(clock.sleeperCount == 0)
        door.cast(.stateTimeout(.seconds(1)))
        door.cast(.stateTimeout(.seconds(3)))
        _ = try await notes()
        clock.advance(by: .seconds(2))
        #expect(try await notes() == ["open"])
        clock.advance(by: .seconds(1))
        #expect(try await notes() == ["open", "state is over"])
        door.cast(.stateTimeout(.seconds(1)))
        door.cast(.stateTimeout(nil))
        _ = try await notes()
        #expect(clock.sleeperCount == 0)
        try await tree.stop(.shutdown)
    }

    @Test("G20 a named timeout outlasts the state, replaces the one of its name, and can be taken back")
    func namedTimeouts() async throws {
        let tree = try await start()
        door.cast(.timeout("a", .seconds(1)))
        door.cast(.timeout("b", .seconds(2)))
        door.cast(.timeout("a", .seconds(3)))
        door.cast(.timeout("c", .seconds(1)))
        door.cast(.timeout("c", nil))
        door.cast(.unlock)
        _ = try await notes()
        clock.advance(by: .seconds(3))
        #expect(try await notes() == ["open", "b is over", "a is over"])
        try await tree.stop(.shutdown)
    }
}
