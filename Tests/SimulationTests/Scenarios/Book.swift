import Supervision
import SupervisionTesting
import Synchronization

/// Keeps book of the lives of servers, and of what must not be.
final class Book: Sendable {
    private struct State {
        /// Who is alive, and in which life.
        var alive: [String: Int] = [:]
        var latest: [String: Int] = [:]
        /// Who is at a message.
        var atWork: Set<String> = []
        var owners: [String: String] = [:]
        var faults: [String] = []
    }

    private let state = Mutex(State())

    var faults: [String] { state.withLock(\.faults) }
    var alive: [String: Int] { state.withLock(\.alive) }

    func fault(_ text: String) {
        state.withLock { $0.faults.append(text) }
    }

    /// A life begins. The one before must be over (S4), unless it was given up.
    func began(_ server: String, life: Int, mayOverlap: Bool = false) {
        state.withLock { state in
            if let other = state.alive[server], !mayOverlap {
                state.faults.append("\(server) began life \(life) before the end of life \(other)")
            }
            if let latest = state.latest[server], life <= latest {
                state.faults.append("\(server) began life \(life) after life \(latest)")
            }
            state.alive[server] = life
            state.latest[server] = life
        }
    }

    func ended(_ server: String, life: Int) {
        state.withLock { state in
            if state.alive[server] == life { state.alive[server] = nil }
        }
    }

    /// Its supervisor begins anew, and so do its lives.
    func beginsAnew(_ server: String) {
        state.withLock { $0.latest[server] = nil }
    }

    /// Somebody takes a thing that only one can have.
    func takes(_ thing: String, _ owner: String) {
        state.withLock { state in
            if let other = state.owners[thing] { state.faults.append("\(owner) takes \(thing), which \(other) has") }
            state.owners[thing] = owner
        }
    }

    func gives(_ thing: String, _ owner: String) {
        state.withLock { state in
            if state.owners[thing] == owner { state.owners[thing] = nil }
        }
    }

    /// A message begins. None other of that life may be at work (S15).
    func begins(_ server: String) {
        state.withLock { state in
            if !state.atWork.insert(server).inserted { state.faults.append("\(server) is at two messages at once") }
        }
    }

    /// Whether the server is at a message, in whatever life.
    func isAtWork(_ server: String) -> Bool {
        state.withLock { state in state.atWork.contains { $0.hasPrefix("\(server), life ") } }
    }

    func isDone(_ server: String) {
        state.withLock { _ = $0.atWork.remove(server) }
    }
}

struct Crash: Error, CustomStringConvertible {
    var description: String { "crash" }
}

/// A child that does as it is told, and keeps book of its lives.
actor Member: GenServer {
    enum Message: Sendable { case crash, end, work }

    private let id: String
    private let book: Book
    private let mayOverlap: Bool
    private var life = 0
    private var runtime: Runtime?

    init(_ id: String, _ book: Book, mayOverlap: Bool = false) {
        self.id = id
        self.book = book
        self.mayOverlap = mayOverlap
    }

    func started(_ context: ServerContext<Member>) async throws {
        life = context.incarnation
        runtime = context.runtime
        book.began(id, life: life, mayOverlap: mayOverlap)
    }

    func handle(_ message: Message, _ context: ServerContext<Member>) async throws {
        let work = "\(id), life \(life)"
        book.begins(work)
        defer { book.isDone(work) }
        switch message {
        case .crash: throw Crash()
        case .end: throw Exit(.normal)
        case .work: try await context.runtime.sleep(for: .milliseconds(1))
        }
    }

    func terminate(reason: ExitReason) async {
        try? await runtime?.sleep(for: .milliseconds(1))
        book.ended(id, life: life)
    }
}

/// A child that does as it is told, too, and has no clean-up of its own, so that it may end as soon as it is stopped.
actor Guest: GenServer {
    typealias Message = Member.Message

    private let id: String
    private let book: Book

    init(_ id: String, _ book: Book) {
        self.id = id
        self.book = book
    }

    func handle(_ message: Message, _ context: ServerContext<Guest>) async throws {
        let work = "\(id), life \(context.incarnation)"
        book.begins(work)
        defer { book.isDone(work) }
        switch message {
        case .crash: throw Crash()
        case .end: throw Exit(.normal)
        case .work: try await context.runtime.sleep(for: .milliseconds(1))
        }
    }
}

extension Simulation.World {
    /// Fails the run with whatever is written in the book.
    func expectNoFaults(in book: Book) throws {
        try expect(book.faults.isEmpty, book.faults.joined(separator: "; "))
    }

    /// Fails the run unless the events tell lives in order: none begins before the one before it has ended, and none
    /// ends that has not begun (S18).
    func expectLivesInOrder() throws {
        var lives: [String: (isAlive: Bool, latest: Int)] = [:]
        for case let event as SupervisionEvent in events.events {
            let life = lives[event.path] ?? (false, 0)
            switch event.kind {
            case .started(let incarnation, _), .restarted(let incarnation):
                try expect(!life.isAlive, "the end of \(event.path) is told before its life \(incarnation)")
                try expect(incarnation > life.latest, "life \(incarnation) of \(event.path) comes after \(life.latest)")
                lives[event.path] = (true, incarnation)
            case .ended, .stopped, .shutdownError:
                // One that is stopped may have been at its start: the first one only while its supervisor starts.
                let isFirst = life.latest == 0 && lives[supervisor(of: event.path)]?.isAlive != false
                let mayStart = if case .ended = event.kind { false } else { !isFirst }
                try expect(life.isAlive || mayStart, "the start of \(event.path) is told before its end")
                lives[event.path] = (false, life.latest)
                // Its children begin anew with it.
                if event.child == .supervisor { lives = lives.filter { !$0.key.hasPrefix(event.path + "/") } }
            case .startFailed, .ignored:
                try expect(!life.isAlive, "the end of \(event.path) is told before it fails to start")
                if event.child == .supervisor { lives = lives.filter { !$0.key.hasPrefix(event.path + "/") } }
            default: break
            }
        }
    }
}

private func supervisor(of path: String) -> String {
    String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
}

/// Starts a tree. A start that fails by a fault of the simulation is tried again with another one.
func started<Root: GenServer>(
    _ start: (Root) async throws -> ServerRef<Root>,
    _ make: () throws -> Root
) async throws -> ServerRef<Root> {
    while true {
        do {
            return try await start(make())
        } catch is SimulatedFault {
        } catch SupervisorError.childFailedToStart {}
    }
}
