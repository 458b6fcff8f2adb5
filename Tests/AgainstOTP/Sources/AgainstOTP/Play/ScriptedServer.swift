import Supervision

/// A server that starts and ends as the scenario says.
actor ScriptedServer: GenServer {
    enum Message: Sendable {
        /// Meant for the life of that number: mail is kept for the next one (S2).
        case end(ReasonWord, number: Int)
        case work
    }

    private let world: World
    private let node: Node
    private let number: Int
    private let outcome: StartWord
    private let work: EndlessWork?
    private var hasEnded = false

    init(_ node: Node, in world: World) {
        self.world = world
        self.node = node
        (number, outcome) = world.beginStart(of: node)
        work = node.isBusy ? EndlessWork() : nil
        world.instances += 1
    }

    deinit {
        world.instances -= 1
    }

    func started(_ context: ServerContext<ScriptedServer>) async throws {
        await world.runHooks(.start, of: node, number)
        try outcome.throwUnlessOK()
        let life = World.Life(number: number, incarnation: context.incarnation, server: context.ref, work: work)
        world.begin(life, of: node.id)
        if work != nil { context.continue(with: .work) }
    }

    func handle(_ message: Message, _ context: ServerContext<ScriptedServer>) async throws {
        switch message {
        case .end(let reason, number): try await end(reason)
        case .end: break
        case .work:
            guard let work else { return }
            if let reason = await work.run() { try await end(reason) }
            // Asked to stop.
            try stop().throwUnlessShutdown()
        }
    }

    func terminate(reason: ExitReason) async {
        if !hasEnded { await ended(Words.reason(reason), runsHooks: true) }
    }

    private func end(_ reason: ReasonWord) async throws {
        hasEnded = true
        await ended(Words.reason(reason), runsHooks: reason != .killed)
        throw reason.error
    }

    private func ended(_ reason: String, runsHooks: Bool) async {
        world.note("end \(node.id) \(number) \(reason)")
        if runsHooks { await world.runHooks(.end, of: node, number) }
    }

    /// How it is to end when asked to.
    private func stop() -> ReasonWord {
        if case .worker(let work) = node.kind { return work.stops }
        return .shutdown
    }
}

/// What a busy server waits in: it returns a reason to end by itself, or nil when the server is asked to stop.
///
/// Unchecked because all of it happens on one thread.
final class EndlessWork: @unchecked Sendable {
    private var waiting: UnsafeContinuation<ReasonWord?, Never>?
    private var isOver = false
    private var reason: ReasonWord?

    func run() async -> ReasonWord? {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                // Told before it had begun.
                if isOver { return continuation.resume(returning: reason) }
                waiting = continuation
            }
        } onCancel: {
            finish(nil)
        }
    }

    func finish(_ reason: ReasonWord?) {
        guard !isOver else { return }
        isOver = true
        self.reason = reason
        let continuation = waiting
        waiting = nil
        continuation?.resume(returning: reason)
    }
}

extension Node {
    /// Whether the server is in the middle of a message when it is told to end. Only such a one can choose the reason
    /// for which it ends when it is asked to stop. One that is killed must be at rest, because nothing that runs can be
    /// ended by force (S3).
    fileprivate var isBusy: Bool {
        guard case .worker(let work) = kind, work.shutdown != .brutalKill else { return false }
        return work.stops != .shutdown || restart == .transient
    }
}

/// The error of a scripted failure.
struct Crash: Error {
    let name: String

    init(_ name: String) {
        self.name = name
    }
}

extension StartWord {
    func throwUnlessOK() throws {
        switch self {
        case .ok: break
        case .error: throw Crash("bad")
        case .ignore: throw Ignore()
        }
    }
}

extension ReasonWord {
    var exitReason: ExitReason {
        switch self {
        case .normal: .normal
        case .shutdown: .shutdown
        case .shutdownWith: .shutdownWith("x")
        case .boom, .killed: .error(error)
        }
    }

    /// What ends a server for this reason when it throws it.
    var error: any Error {
        switch self {
        case .normal, .shutdown, .shutdownWith: Exit(exitReason)
        case .boom, .killed: Crash(rawValue)
        }
    }

    fileprivate func throwUnlessShutdown() throws {
        if self != .shutdown { throw error }
    }
}
