#if Observability
import InMemoryLogging
import Logging
import Supervision
import SupervisionObservability
import SupervisionTesting
import Testing

/// What `Logger.current` is in the code of a tree.
struct LoggerInChildrenTests {
    private let book = LogBook(level: .info)
    private let runtime: Runtime

    init() {
        // Events are of no interest here.
        runtime = Runtime(logger: book.logger, levels: LogLevels { _ in .trace }, clock: ManualClock())
    }

    private func whose(_ text: String) -> [String?] {
        guard let line = book.first("\(text)") else { return [] }
        return [line["supervision.path"], line["supervision.child"], line["supervision.incarnation"]]
    }

    private func withTalker(_ body: (ServerRef<Talker>) async throws -> Void) async throws {
        let tree = try await Supervisor {
            Child("inner") { Supervisor { Child(.talker) { Talker() } } }
        }.start(in: runtime)
        try await body(ServerRef(.talker, in: runtime))
        try await tree.stop()
    }

    @Test("A child's own lines carry its path, its id and its life, whatever they are in")
    func everywhere() async throws {
        try await withTalker { talker in
            talker.cast(.say("cast"))
            try await talker.call { $0.say("queued or not") }
            try await talker.call { $0.say("visit") }
            try await talker.call { server async in
                await Task.yield(); server.say("async")
            }
            _ = try await talker.call { (server, reply: Reply<Int>) in
                server.say("deferred")
                reply(1)
            }
            try await Occupation().of(talker) {
                talker.cast(.say("behind another"))
                talker.cast(.work("task"))
            }
            try await talker.call { _ in }
        }
        let texts = [
            "started", "cast", "queued or not", "visit", "async", "deferred", "behind another", "task", "terminated",
        ]
        for text in texts { #expect(whose(text) == ["app/inner/talker", "talker", "1"], "\(text)") }
    }

    @Test("The next life has its own number")
    func nextLife() async throws {
        try await withTalker { talker in
            talker.cast(.crash)
            try await talker.call { $0.say("again") }
        }
        #expect(whose("again") == ["app/inner/talker", "talker", "2"])
        #expect(book.entries("terminated").compactMap { $0["supervision.incarnation"] } == ["1", "2"])
    }

    @Test("A worker's lines carry them, too")
    func worker() async throws {
        let (said, say) = AsyncStream.makeStream(of: Never.self)
        let tree = try await Supervisor {
            Worker("poller", restart: .temporary) {
                Logger.current.info("polls")
                say.finish()
            }
        }.start(in: runtime)
        for await _ in said {}
        try await tree.stop()
        #expect(whose("polls") == ["app/poller", "poller", "1"])
    }

    @Test("In the body of a call the caller's logger holds, with the server's keys", arguments: [true, false])
    func callersLogger(_ isBusy: Bool) async throws {
        try await withTalker { talker in
            func call() async throws {
                try await withLogger(mergingMetadata: ["request.id": "7"]) { _ in
                    try await talker.call { $0.say("for a caller") }
                    try await talker.call { server async in server.say("for a caller, async") }
                    talker.cast(.say("cast"))
                }
            }
            try await withLogger(book.logger) { _ in
                guard isBusy else { return try await call() }
                let occupation = Occupation()
                try await occupation.of(talker) {
                    async let calls: Void = call()
                    // It waits in the mailbox, if it has come; either way it is not the visitor.
                    occupation.end()
                    try await calls
                }
            }
            try await talker.call { _ in }
        }
        for text in ["for a caller", "for a caller, async"] {
            #expect(whose(text) == ["app/inner/talker", "talker", "1"])
            #expect(book.first("\(text)")?["request.id"] == "7")
        }
        #expect(book.first("cast")?["request.id"] == nil)
    }

    @Test("One server's call to another has the other's keys, and its own are back afterwards")
    func nested() async throws {
        let tree = try await Supervisor {
            Child(.talker) { Talker() }
            Worker("caller", restart: .temporary) { [runtime] in
                try await ServerRef(.talker, in: runtime).call { $0.say("inside") }
                Logger.current.info("outside")
            }
        }.start(in: runtime)
        let caller = try await tree.children().first { $0.id == "caller" }
        #expect(caller != nil)
        try await tree.stop()
        #expect(whose("inside").first == "app/talker")
        #expect(whose("outside").first == "app/caller")
    }
}
#endif
