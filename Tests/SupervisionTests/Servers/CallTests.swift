import SupervisionTesting
import Testing

@testable import Supervision

@Suite("Servers: calls")
struct CallTests {
    let bench = ServerBench()

    @Test("G5 C-V05 a call runs on the server and gives its result, in place and queued")
    func synchronous() async throws {
        let tree = try await bench.start()
        try await bench.ref.call { $0.note("in place") }
        let hold = await bench.hangingDesk()
        let queued = await bench.queued { try await $0.call { $0.notes.count } }
        hold.open()
        #expect(try await queued.value == 1)
        try await bench.stop(tree)
    }

    @Test("S15 a call to an idle server runs in the caller's own task, cancelled or not")
    func inPlace() async throws {
        let tree = try await bench.start()
        try await bench.waitForIdleness()
        let call = Task { [bench] in
            withUnsafeCurrentTask { $0?.cancel() }
            return try await bench.ref.call { _ in Task.isCancelled }
        }
        #expect(try await call.value)
        try await bench.stop(tree)
    }

    @Test("An asynchronous body runs in a task of the server's, not in the caller's")
    func asynchronous() async throws {
        let tree = try await bench.start()
        let ref = bench.ref
        let isBound = try await bench.ref.call { desk async in
            desk.note("asynchronous")
            return Runtime.current === desk.context?.runtime
        }
        #expect(isBound)
        #expect(try await ref.notes() == ["asynchronous"])
        try await bench.stop(tree)
    }

    enum Way {
        case inPlace, queued, asynchronous, deferred

        static let all: [Way] = [.inPlace, .queued, .asynchronous, .deferred]
    }

    /// Makes a call whose body throws, in that way, and gives how it ended.
    private func throwing(_ error: any Error & Sendable, _ way: Way) async throws -> String {
        let call: Task<Int, any Error>
        switch way {
        case .inPlace:
            try await bench.waitForIdleness()
            return await ending { () async throws -> Int in try await bench.ref.call { _ in throw error } }
        case .queued:
            let hold = await bench.hangingDesk()
            call = await bench.queued { try await $0.call { _ in throw error } }
            hold.open()
        case .asynchronous:
            call = Task { [bench] in
                try await bench.ref.call { (_: isolated Desk) async throws -> Int in throw error }
            }
        case .deferred:
            call = Task { [bench] in
                try await bench.ref.call { (_: isolated Desk, _: Reply<Int>) in throw error }
            }
        }
        return await ending(of: call)
    }

    @Test("S10 what a body throws goes to the caller and leaves the server running", arguments: Way.all)
    func throwsError(way: Way) async throws {
        let tree = try await bench.start()
        try await bench.ref.call { $0.note("kept") }
        #expect(try await throwing(Mishap("for the caller"), way) == "threw for the caller")
        #expect(try await bench.ref.notes() == ["kept"])
        #expect("\(bench.ref.status)" == "running")
        #expect(bench.events == ["started"])
        try await bench.stop(tree)
    }

    @Test("S10 an Exit thrown by a body ends the incarnation, and is told to the caller", arguments: Way.all)
    func throwsExit(way: Way) async throws {
        let tree = try await bench.start()
        #expect(try await throwing(Exit(.error(Mishap("the end"))), way) == "exited: the end")
        await bench.waitForLife(2)
        #expect(bench.events == ["started", "crashed: the end; restarts now", "restarted, life 2"])
        #expect(try await bench.ref.notes().isEmpty)
        try await bench.stop(tree)
    }

    @Test("S10 a clean Exit of a body ends a transient server for good", arguments: Way.all)
    func throwsCleanExit(way: Way) async throws {
        let tree = try await bench.start(bench.desk(restart: .transient))
        let ref = try #require(try await bench.ref.call { $0.context?.ref })
        #expect(try await throwing(Exit(.shutdownWith("all done")), way) == "exited: shutdown: all done")
        await bench.recorder.waitFor(line: "app/desk ended (shutdown: all done); stays down")
        #expect("\(ref.status)" == "stopped (shutdown: all done)")
        try await bench.stop(tree)
    }

    @Test("S11 a CancellationError of a body is an error like any other", arguments: Way.all)
    func throwsCancellation(way: Way) async throws {
        let tree = try await bench.start()
        #expect(try await throwing(CancellationError(), way) == "cancelled")
        #expect(bench.events == ["started"])
        try await bench.stop(tree)
    }

    @Test("S11 a call that the server's own stop cancels is told that the server exited")
    func cancelledByStop() async throws {
        let tree = try await bench.start()
        let call = Task { [bench] in
            try await bench.ref.call { (_: isolated Desk) async throws in
                try await Runtime.current.sleep(for: .seconds(100))
            }
        }
        await bench.clock.waitForSleepers(2)
        try await bench.ref.stop(.shutdownWith("enough"))
        #expect(await ending(of: call) == "exited: shutdown: enough")
        await bench.waitForLife(2)
        try await bench.stop(tree)
    }

    @Test("G5 a call to a server that is not running fails at once")
    func notRunning() async throws {
        let tree = try await bench.start(bench.desk(restart: .temporary))
        let ref = bench.ref
        try await ref.stop()
        await bench.recorder.waitFor(line: "app/desk ended (normal); is removed")
        for way in [Way.asynchronous, .deferred] {
            #expect(try await throwing(Mishap("never run"), way) == "not running: desk")
        }
        #expect(await ending { try await ref.call { $0.notes } } == "not running: desk")
        try await bench.stop(tree)
    }
}
