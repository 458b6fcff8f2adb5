import SupervisionTesting
import Synchronization
import Testing

@testable import Supervision

@Suite("Tasks: streams")
struct TaskStreamTests {
    private let bench = TaskBench()

    /// Runs its tasks until each is told to go on.
    private final class Gates: Sendable {
        let points: [HoldPoint]
        private let running = Mutex((now: 0, most: 0))

        init(_ count: Int) {
            points = (0..<count).map { _ in HoldPoint() }
        }

        /// The most that were here at the same time.
        var most: Int { running.withLock(\.most) }

        func pass(_ number: Int) async -> Int {
            running.withLock { running in
                running.now += 1
                running.most = max(running.most, running.now)
            }
            await points[number].hold()
            running.withLock { $0.now -= 1 }
            return number
        }
    }

    private func words<Input, Value>(_ element: TaskStreamElement<Input, Value>?) -> String {
        element.map { "\($0.input): \($0.outcome.words)" } ?? "end"
    }

    @Test("C-K08 R87 results come in the order of the inputs, also when the first is the slowest")
    func ordered() async throws {
        let tree = try await bench.start()
        let gates = Gates(4)
        var results = bench.tasks.stream(0..<4, maxConcurrency: 3) { await gates.pass($0) }.makeAsyncIterator()
        gates.points[2].open()
        gates.points[1].open()
        let opening = Task { [bench] in
            await bench.waitForEnd(of: "task#3")
            await bench.waitForEnd(of: "task#2")
            gates.points[0].open()
            gates.points[3].open()
        }
        var inputs: [Int] = []
        while let element = try await results.next() {
            inputs.append(element.input)
            #expect(try element.value == element.input)
        }
        #expect(inputs == [0, 1, 2, 3])
        await opening.value
        #expect(try await results.next() == nil)
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("C-K08 R87 without an order, results come as they are ready")
    func unordered() async throws {
        let tree = try await bench.start()
        let gates = Gates(3)
        var results = bench.tasks.stream(0..<3, maxConcurrency: 3, ordered: false) { await gates.pass($0) }
            .makeAsyncIterator()
        var inputs: [Int?] = []
        for number in [2, 0, 1] {
            gates.points[number].open()
            inputs.append(try await results.next()?.input)
        }
        #expect(inputs == [2, 0, 1])
        #expect(try await results.next() == nil)
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("R87 no more run, or wait to be asked for, than are allowed, and no input is taken before there is room")
    func limit() async throws {
        let tree = try await bench.start()
        let taken = Mutex(0)
        let inputs = (0..<9).lazy.map { number in
            taken.withLock { $0 += 1 }
            return number
        }
        let gates = Gates(9)
        for point in gates.points { point.open() }
        var results = bench.tasks.stream(inputs, maxConcurrency: 2) { await gates.pass($0) }.makeAsyncIterator()
        #expect(taken.withLock(\.self) == 0)
        for number in 0..<9 {
            #expect(try await results.next()?.value == number)
            #expect(taken.withLock(\.self) <= number + 2)
        }
        #expect(try await results.next() == nil)
        #expect(gates.most <= 2)
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("R87 an empty stream ends at once, and each iteration begins anew")
    func iterations() async throws {
        let tree = try await bench.start()
        let empty = bench.tasks.stream([Int]()) { $0 }
        for try await _ in empty { Issue.record("there is no input") }
        let runs = Mutex(0)
        let stream = bench.tasks.stream([1, 2, 3]) { number in
            runs.withLock { $0 += 1 }
            return number * 2
        }
        for _ in 0..<2 {
            var values: [Int] = []
            for try await element in stream { values.append(try element.value) }
            #expect(values == [2, 4, 6])
        }
        #expect(runs.withLock(\.self) == 6)
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("C-K08 R87 without a link a failure is an element, and the stream goes on")
    func failuresAsValues() async throws {
        let tree = try await bench.start()
        var lines: [String] = []
        let stream = bench.tasks.streamWithoutLink([1, 2, 3], maxConcurrency: 2) { number in
            if number == 2 { throw Mishap("two") }
            return number * 10
        }
        for try await element in stream { lines.append(words(element)) }
        #expect(lines == ["1: 10", "2: exit: two", "3: 30"])
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("C-K08 R87 with a link a failure is that of the stream, which waits for what it stops, and of its server")
    func failure() async throws {
        let tree = try await bench.start()
        let (first, second) = (HoldPoint(), HoldPoint())
        bench.owner.cast(
            .run { [bench] _, _ in
                let stream = bench.tasks.stream([1, 2, 3], maxConcurrency: 3) { number in
                    if number == 2 {
                        await second.hold()
                        throw Mishap("two")
                    }
                    await first.hold()
                    try await bench.runtime.sleep(for: .seconds(100))
                }
                var results = stream.makeAsyncIterator()
                bench.journal.note(await outcome { try await results.next()?.input })
                bench.journal.note(await outcome { try await results.next()?.input })
                bench.journal.note("\(bench.recorder.lines.count { $0.hasSuffix("ended (shutdown); is removed") })")
            }
        )
        await first.waitForArrivals(2)
        first.open()
        second.open()
        await bench.recorder.waitFor(line: "app/owner crashed: two; restarts now")
        #expect(bench.journal.lines == ["threw two", "nil", "2"])
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("C-K10 R87 an element that takes too long is stopped and told of with its input; the stream goes on")
    func timeoutOfElement() async throws {
        let tree = try await bench.start()
        let arrivals = HoldPoint()
        let collecting = Task { [bench] in
            var lines: [String] = []
            let stream = bench.tasks.stream(
                [1, 2, 3],
                maxConcurrency: 2,
                timeout: .seconds(3),
                onTimeout: .stopElement
            ) {
                guard $0 == 2 else { return $0 * 10 }
                Task { await arrivals.hold() }
                try await bench.runtime.sleep(for: .seconds(100))
                return 0
            }
            for try await element in stream {
                lines.append("\(element.input): \(element.outcome.words)")
                if element.input == 1 { await bench.mark() }
            }
            return lines
        }
        await arrivals.waitForArrivals()
        arrivals.open()
        // The sleep and the time of the second; the third is done.
        await bench.waitForMark(sleepers: 2)
        await bench.waitForEnd(of: "task#3")
        await bench.clock.waitForSleepers(2)
        bench.clock.advance(by: .seconds(3))
        let late = "\(Exit(.error(TaskError.timedOut(path: "app/tasks/task#2", after: .seconds(3)))))"
        #expect(try await collecting.value == ["1: 10", "2: \(late)", "3: 30"])
        #expect(bench.events(of: "task#2").last == "ended (shutdown); is removed")
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("C-K10 R87 by default an element that takes too long is the failure of the stream")
    func timeoutOfStream() async throws {
        let tree = try await bench.start()
        let collecting = Task { [bench] in
            await outcome {
                var results = bench.tasks.streamWithoutLink([1, 2], maxConcurrency: 2, timeout: .seconds(3)) { _ in
                    try await bench.runtime.sleep(for: .seconds(100))
                }.makeAsyncIterator()
                return try await results.next()?.input
            }
        }
        await bench.recorder.waitFor(line: "app/tasks/task#2 started")
        await bench.clock.waitForSleepers(4)
        bench.clock.advance(by: .seconds(3))
        #expect(await collecting.value.hasSuffix("not done in 3 s"))
        #expect(try await bench.tasks.counts().specs == 0)
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("R87 a consumer that stops early has what runs stopped, and leaves nothing")
    func early() async throws {
        let tree = try await bench.start()
        let stream = bench.tasks.stream(0..<100, maxConcurrency: 3) { [bench] number in
            if number > 0 { try await bench.runtime.sleep(for: .seconds(100)) }
        }
        for try await element in stream {
            #expect(element.input == 0)
            break
        }
        await bench.waitForEnd(of: "task#2")
        await bench.waitForEnd(of: "task#3")
        #expect(bench.events(of: "task#2").last == "ended (shutdown); is removed")
        #expect(try await bench.tasks.counts().specs == 0)
        #expect(bench.runtime.deadlines.pendingCount == 0)
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("R87 a consumer that is cancelled has what runs stopped, and waits for it")
    func cancelled() async throws {
        let tree = try await bench.start()
        let consuming = Task { [bench] in
            let words = await outcome {
                let stream = bench.tasks.stream([1, 2], maxConcurrency: 2, timeout: .seconds(100)) {
                    if $0 == 2 { try await bench.runtime.sleep(for: .seconds(100)) }
                }
                for try await _ in stream { await bench.mark() }
            }
            return [words, bench.events(of: "task#2").last]
        }
        await bench.waitForMark(sleepers: 2)
        consuming.cancel()
        #expect(await consuming.value == ["cancelled", "ended (shutdown); is removed"])
        #expect(try await bench.stop(tree) == 0)
    }

    @Test("R84 R87 a stream for whose tasks there is no room fails, and stops those that run")
    func noRoom() async throws {
        let tree = try await bench.start(maxChildren: 1)
        let stream = bench.tasks.stream([1, 2, 3], maxConcurrency: 2) { [bench] _ in
            try await bench.runtime.sleep(for: .seconds(100))
        }
        let error = await #expect(throws: SupervisorError.self) { for try await _ in stream {} }
        guard case .tooManyChildren(limit: 1) = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(try await bench.tasks.counts().specs == 0)
        #expect(try await bench.stop(tree) == 0)
    }
}
