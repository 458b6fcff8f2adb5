@testable import Supervision

/// A server that is never run: the machine only hands it around.
actor Pupil: GenServer {
    func handle(_ message: Int, _ context: ServerContext<Pupil>) {}
}

/// A mailbox's state, brought to a phase by the events that lead there.
struct MailboxBench {
    typealias Phase = MailboxState<Pupil>.Phase

    static let phases: [Phase] = [.vacant, .starting, .idle, .visited, .draining, .ending, .closed]
    static let livePhases: [Phase] = [.starting, .idle, .visited, .draining, .ending]

    var state = MailboxState<Pupil>()
    let server = Pupil()
    let now = RuntimeInstant.origin

    /// A place in its first life, or just after it.
    init(in phase: Phase) {
        guard phase != .closed else { return }
        _ = state.beginStart()
        guard phase != .starting else { return }
        state.server = server
        _ = state.open(1)
        switch phase {
        case .visited: visit()
        case .draining: _ = state.post(.message(0))
        case .ending: _ = state.requestExit(.normal, of: 1, now: now)
        case .vacant:
            _ = state.requestExit(.normal, of: 1, now: now)
            _ = state.finish(1)
        case .idle, .starting, .closed: break
        }
    }

    /// What a visitor does when it comes through the gate.
    mutating func visit() {
        state.phase = .visited
    }

    /// The messages that wait, in order.
    var mail: [Int] { state.waiting.numbers }

    mutating func leave(_ incarnation: Int = 1, rest: [Int] = []) -> String {
        "\(state.leave(server, incarnation: incarnation, rest: rest.map { .message($0) }[...]).text)"
    }

    /// The numbers of the letters that a drain gets, or those of the request, which are negative here; nil for none.
    mutating func take(_ incarnation: Int = 1) -> [Int]? {
        switch state.takeBatch(of: server, incarnation: incarnation) {
        case .handle(let letters): letters.numbers
        case .serve(let request): [request].numbers
        case .leave: nil
        }
    }

    mutating func requestExit(_ reason: ExitReason = .normal, of incarnation: Int? = nil) -> String {
        switch state.requestExit(reason, of: incarnation, now: now) {
        case .nothing: "nothing"
        case .interrupt(let tasks): "interrupt \(tasks.count)"
        case .end: "end"
        }
    }
}

extension [Letter<Pupil>] {
    var numbers: [Int] {
        compactMap { letter in
            switch letter {
            case .message(let number), .own(let number, _, _): number
            case .call: nil
            }
        }
    }
}

extension MailboxState.LeaveAction {
    var text: String {
        switch self {
        case .rest: "rest"
        case .drain(_, let incarnation): "drain \(incarnation)"
        case .end(_, let incarnation): "end \(incarnation)"
        case .stray: "stray"
        }
    }
}

extension RefusedMail {
    /// The numbers of the letters to a pupil.
    var numbers: [Int] {
        (letters as? ([Letter<Pupil>], [SuspendedLetter<Pupil>]))?.0.numbers ?? []
    }
}
