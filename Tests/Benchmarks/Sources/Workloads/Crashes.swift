import Subjects
import Supervision

/// Crashes, one at a time and a thousand at once: how long until the replacement has started.
@Sendable
func crashes() async throws {
    try await shortRestartLists()
    try await longRestartList()
    try await crashesInASecond()
    try await oneForAll()
}

/// A thousand supervisors of one child each, crashed in turn, so that each list of restarts stays short.
private func shortRestartLists() async throws {
    let arrivals = Arrivals()
    let runtime = Runtime(events: SilentSink())
    arrivals.expect(1_000)
    let tree = try await Supervisor {
        for number in 0..<1_000 {
            Child(ChildID("branch-\(number)")) {
                Supervisor(intensity: anyNumberOfRestarts) { Child(.fragile(number)) { Fragile(arrivals) } }
            }
        }
    }.start(in: runtime)
    await arrivals.wait()
    let children = (0..<1_000).map { ServerRef(.fragile($0), in: runtime) }
    for (name, crash) in [("killed", kill), ("raised", raise)] {
        var times: [Int64] = []
        for round in 0..<11 {
            for child in children {
                let time = await timeOfRestart(child, arrivals, crash)
                if round > 0 { times.append(time) }
            }
        }
        reportPercentiles("\(name)-short-list", times)
    }
    try await tree.stop()
}

/// One supervisor of one child that has crashed ten thousand times already.
private func longRestartList() async throws {
    let arrivals = Arrivals()
    let (tree, children) = try await fragileChildren(1, arrivals, .oneForOne)
    for _ in 0..<10_000 { _ = await timeOfRestart(children[0], arrivals, kill) }
    var times: [Int64] = []
    for _ in 0..<2_000 { times.append(await timeOfRestart(children[0], arrivals, kill)) }
    reportPercentiles("killed-long-list", times)
    try await tree.stop()
}

private func crashesInASecond() async throws {
    let arrivals = Arrivals()
    let (tree, children) = try await fragileChildren(1_000, arrivals, .oneForOne)
    await crashAll(children, arrivals)
    let time = await nanoseconds(of: 10_000) {
        for _ in 0..<10 { await crashAll(children, arrivals) }
    }
    report("crashes", "in-a-second", 1e9 / time, "/s")
    try await tree.stop()
}

private func crashAll(_ children: [ServerRef<Fragile>], _ arrivals: Arrivals) async {
    arrivals.expect(children.count)
    for child in children { kill(child) }
    await arrivals.wait()
}

/// One of a hundred crashes, and all are started anew.
private func oneForAll() async throws {
    let arrivals = Arrivals()
    let (tree, children) = try await fragileChildren(100, arrivals, .oneForAll)
    var times: [Int64] = []
    for round in 0..<220 {
        arrivals.expect(100)
        let start = now()
        kill(children[0])
        let time = await arrivals.wait() - start
        if round >= 20 { times.append(time) }
    }
    report("crashes", "one-for-all", Double(percentile(50, of: times)) / 1e3, "µs")
    try await tree.stop()
}

/// From the crash until the replacement is in `started`. The next crash comes once the replacement serves.
private func timeOfRestart(
    _ child: ServerRef<Fragile>,
    _ arrivals: Arrivals,
    _ crash: @Sendable (ServerRef<Fragile>) -> Void
) async -> Int64 {
    arrivals.expect(1)
    let start = now()
    crash(child)
    return await arrivals.wait() - start
}

private func reportPercentiles(_ name: String, _ times: [Int64]) {
    for percent in [50, 99] {
        report("crashes", "\(name)-p\(percent)", Double(percentile(percent, of: times)) / 1e3, "µs")
    }
}

@Sendable
private func kill(_ child: ServerRef<Fragile>) { child.exit(.error(Fragile.Crash())) }

@Sendable
private func raise(_ child: ServerRef<Fragile>) { child.cast(.crash) }
