import Subjects
import Synchronization

/// What Swift's tasks and actors take for the steps that a supervision library cannot do without: floors under the other
/// figures.
@Sendable
func floors() async throws {
    let counter = QueuedCounter()
    for callers in [1, 16] {
        let time = try await sharing(200_000, among: callers) { _, count in
            for number in 0..<count { use(await counter.call(number)) }
        }
        report("floors", "queued-\(callers)", time, "ns")
    }
    let shared = Counter()
    for callers in [2, 16, 1_000] {
        let time = try await sharing(400_000, among: callers) { _, count in
            for number in 0..<count { use(await shared.add(number)) }
        }
        report("floors", "actor-\(callers)", time, "ns")
    }
    for count in [50_000, 1_000_000] {
        let time = await nanoseconds(of: count) {
            for number in 0..<count { counter.cast(number) }
            use(await counter.call(0))
        }
        if count == 1_000_000 { report("floors", "cast", time, "ns") }
    }
    try await floorsOfTasks()
    for count in [1_000, 100_000] {
        let supervisor = BareSupervisor()
        let start = await nanoseconds(of: count) { for key in 0..<count { use(await supervisor.start(key)) } }
        let stop = await nanoseconds(of: count) { await supervisor.stop() }
        if count == 100_000 {
            report("floors", "child-start", start, "ns")
            report("floors", "child-stop", stop, "ns")
        }
    }
    await floorsOfGroups()
}

private func floorsOfGroups() async {
    let tree = BareGroup()
    for round in 0..<2 {
        let start = await nanoseconds(of: 1) { await tree.start(10_000, continuing: nil) }
        let stop = await nanoseconds(of: 1) { await tree.stop(10_000) }
        if round == 0 { continue }
        report("floors", "tree-start", start / 1e6, "ms")
        report("floors", "tree-stop", stop / 1e6, "ms")
    }
    let group = BareGroup()
    let arrivals = Arrivals(100)
    await group.start(100, continuing: arrivals)
    await arrivals.wait()
    var times: [Int64] = []
    for round in 0..<220 {
        arrivals.expect(100)
        let start = now()
        // Unstructured, as whatever has crashed runs in a task of its own.
        Task.detached {
            await group.stop(100)
            await group.start(100, continuing: arrivals)
        }
        let time = await arrivals.wait() - start
        if round >= 20 { times.append(time) }
    }
    report("floors", "one-for-all", Double(percentile(50, of: times)) / 1e3, "µs")
}

private func floorsOfTasks() async throws {
    let results = try await medians(
        count: 20_000,
        [
            { count in for number in 0..<count { use(await Task.detached { number }.value) } },
            { count in
                for number in 0..<count {
                    let counter = Counter()
                    use(await Task.detached { await counter.add(number) }.value)
                }
            },
        ]
    )
    report("floors", "task", results[0], "ns")
    report("floors", "task-on-actor", results[1], "ns")
}

/// The least that a cast is, and a call that waits in a mailbox: a lock around the waiting, and a task that goes through
/// them on the actor and resumes callers. No deadline, no cancellation, no error, no restart.
private actor QueuedCounter {
    private struct Mailbox {
        var waiting: [(number: Int, caller: UnsafeContinuation<Int, Never>?)] = []
        var isServed = false
    }

    private var total = 0
    private let mailbox = Mutex(Mailbox())

    nonisolated func call(_ number: Int) async -> Int {
        await withUnsafeContinuation { post(number, $0) }
    }

    nonisolated func cast(_ number: Int) {
        post(number, nil)
    }

    private nonisolated func post(_ number: Int, _ caller: UnsafeContinuation<Int, Never>?) {
        let isIdle = mailbox.withLock { mailbox in
            mailbox.waiting.append((number, caller))
            defer { mailbox.isServed = true }
            return !mailbox.isServed
        }
        // Unstructured, because it belongs to no caller.
        if isIdle { Task.detached { await self.serve() } }
    }

    private func serve() {
        while true {
            let batch = mailbox.withLock { mailbox in
                defer { mailbox.waiting = [] }
                mailbox.isServed = !mailbox.waiting.isEmpty
                return mailbox.waiting
            }
            if batch.isEmpty { return }
            for (number, caller) in batch {
                total &+= number
                caller?.resume(returning: total)
            }
        }
    }
}

/// The least that a supervisor of children in an order is: they are started and stopped one after the other, off the
/// supervisor, which is told of each; what a child goes on with after its start runs in a task of its own, since the next
/// does not wait for it. No names, no mailboxes, no events, no restarts, no time limits.
private actor BareGroup {
    private var children: [Counter?] = []

    nonisolated func start(_ count: Int, continuing arrivals: Arrivals?) async {
        for number in 0..<count {
            let child = Counter()
            use(await child.add(0))
            await keep(child, number)
            guard let arrivals else { continue }
            // Unstructured, because nobody waits for it.
            Task.detached {
                use(await child.add(1))
                arrivals.arrive()
            }
        }
    }

    nonisolated func stop(_ count: Int) async {
        for number in (0..<count).reversed() {
            if let child = await child(number) { use(await child.add(0)) }
            await drop(number)
        }
    }

    private func keep(_ child: Counter, _ number: Int) {
        if number < children.count { children[number] = child } else { children.append(child) }
    }

    private func child(_ number: Int) -> Counter? { children[number] }
    private func drop(_ number: Int) { children[number] = nil }
}

/// The least that a supervisor is: it does not wait for a start or an end, which run in tasks of their own and ask the
/// child on its actor, and it knows of both before whoever asked is answered. No events, no restarts, no time limits.
private actor BareSupervisor {
    private var children: [Int: Counter] = [:]
    private var caller: UnsafeContinuation<Void, Never>?

    nonisolated func start(_ key: Int) async -> Counter {
        await withUnsafeContinuation { caller in
            // Unstructured, because the supervisor goes on meanwhile.
            Task.detached {
                let child = Counter()
                use(await child.add(0))
                await self.keep(child, key)
                caller.resume(returning: child)
            }
        }
    }

    private func keep(_ child: Counter, _ key: Int) { children[key] = child }

    func stop() async {
        await withUnsafeContinuation { caller in
            self.caller = caller
            for (key, child) in children {
                // Unstructured for the same reason.
                Task.detached {
                    use(await child.add(0))
                    await self.drop(key)
                }
            }
        }
    }

    private func drop(_ key: Int) {
        children[key] = nil
        if children.isEmpty { caller?.resume() }
    }
}
