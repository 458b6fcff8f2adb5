import Foundation
import Supervision

/// One run of the sample: the tree, and beside it the tour or the terminal.
struct Session {
    /// How the one that guides through the tree has ended.
    private enum Guidance: Sendable {
        /// The user wants the tree to end.
        case quit
        /// The process has been sent a signal, and the children are to stop in this order.
        case signalled([String])
    }

    private enum Part: Sendable {
        case tree
        case guide(Result<Guidance, any Error>)
        case outputClosed
    }

    private let source: UserSource
    private let playsTour: Bool
    private let socket: String
    private let narrator = Narrator()
    private let log = EventLog()
    private let runtime: Runtime

    init(_ arguments: Arguments) {
        source = arguments.url.map(UserSource.url) ?? .builtIn
        playsTour = arguments.tour || !StandardInput.isTerminal
        let folder = FileManager.default.temporaryDirectory
        socket = arguments.admin ?? folder.appending(path: "quick-start-\(getpid()).sock").path
        runtime = Runtime(events: EventPrinter(narrator: narrator, log: log))
    }

    /// Runs until the tree has ended.
    ///
    /// - Throws: ``UnusableUpstream``; what the tour found missing; what ended the tree.
    func run() async throws {
        try await runtime.run {
            if case .url(let url) = source { try await UnusableUpstream.check(url) }
            try await runTree()
        }
    }

    private func runTree() async throws {
        let tree = Application.tree(source: source, socket: socket)
        let runtime = runtime
        let tour = playsTour ? Tour(narrator: narrator, log: log, source: source) : nil
        var guidance = Guidance.quit
        var isStopping = false
        var failure: (any Error)?
        try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask {
                try await tree.run(in: runtime)
                return .tree
            }
            group.addTask { await .guide(guide(tour)) }
            group.addTask {
                for await _ in narrator.closing {}
                return .outputClosed
            }
            while let part = try await group.next() {
                switch part {
                case .tree:
                    // The last part that matters: whatever the others were at, it is over.
                    return group.cancelAll()
                case .guide(.success(.signalled(let order))):
                    guidance = .signalled(order)
                    continue
                case .guide(.success(.quit)), .outputClosed: break
                case .guide(.failure(let error)):
                    // When the tree is ended under the guide, that is no fault of the guide's.
                    if !isStopping, !log.isStopping { failure = error }
                }
                // To cancel its task is to ask the tree to stop.
                isStopping = true
                group.cancelAll()
            }
        }
        if let failure { throw failure }
        try conclude(guidance)
    }

    private func guide(_ tour: Tour?) async -> Result<Guidance, any Error> {
        do {
            if var tour {
                return .success(.signalled(try await tour.run()))
            }
            try await Terminal(narrator: narrator, log: log, source: source).run()
            return .success(.quit)
        } catch {
            return .failure(error)
        }
    }

    /// Says how it ended; after a tour, only if the children stopped as they should have.
    private func conclude(_ guidance: Guidance) throws {
        guard case .signalled(let order) = guidance else {
            let isCutShort = playsTour && log.isStopping
            return narrator.headline("Everything has stopped\(isCutShort ? ", before the tour was over" : "").")
        }
        let stopped = log.stoppedPaths
        guard stopped == order else {
            throw UnexpectedResult(
                description: "the children were to stop in the order \(order), but stopped in the order \(stopped)"
            )
        }
        narrator.headline("Everything has stopped, in reverse order. That was the tour.")
        narrator.explain("Run it on a terminal without --tour to try things yourself; 'help' lists the commands.")
    }
}

extension EventLog {
    /// The children that have been stopped since the signal, in that order.
    fileprivate var stoppedPaths: [String] {
        let events = events.compactMap { $0 as? SupervisionEvent }
        let signal = events.lastIndex { if case .signalled = $0.kind { true } else { false } }
        return events[(signal ?? 0)...].compactMap { event in
            if case .stopped = event.kind { event.path } else { nil }
        }
    }
}
