import Subjects
import Supervision

/// The time of `body`, in nanoseconds for each of `count` things that it does.
func nanoseconds(of count: Int, _ body: () async throws -> Void) async rethrows -> Double {
    let start = now()
    try await body()
    return Double(now() - start) / Double(count)
}

/// The median time of one of `count` operations, over several rounds in which the bodies take turns, so that a change
/// of the machine's speed falls on all of them alike.
func medians(
    rounds: Int = 7,
    count: Int,
    _ bodies: [@Sendable (_ count: Int) async throws -> Void]
) async throws -> [Double] {
    for body in bodies { try await body(count / 10) }
    var times = bodies.map { _ in [Double]() }
    for _ in 0..<rounds {
        for (index, body) in bodies.enumerated() {
            times[index].append(try await nanoseconds(of: count) { try await body(count) })
        }
    }
    return times.map { percentile(50, of: $0) }
}

/// The time from the common start of `callers` tasks to the end of the last, for each of the `total` calls that they
/// make together. Each has made a tenth of its calls before.
func sharing(
    _ total: Int,
    among callers: Int,
    _ body: @escaping @Sendable (_ caller: Int, _ count: Int) async throws -> Void
) async throws -> Double {
    let each = total / callers
    let (ready, done, gate) = (Arrivals(callers), Arrivals(callers), Gate())
    return try await withThrowingTaskGroup { group in
        for caller in 0..<callers {
            group.addTask {
                do {
                    try await body(caller, max(1, each / 10))
                    ready.arrive()
                    await gate.pass()
                    try await body(caller, each)
                    done.arrive()
                } catch {
                    fail("A caller failed: \(error)")
                }
            }
        }
        await ready.wait()
        let time = await nanoseconds(of: each * callers) {
            gate.open()
            // Not by the group, which takes long to take each of many tasks off its list.
            await done.wait()
        }
        try await group.waitForAll()
        return time
    }
}

/// The value that `percent` of all values do not exceed.
func percentile<Value: Comparable>(_ percent: Int, of values: [Value]) -> Value {
    let rank = (values.count * percent + 99) / 100
    return values.sorted()[max(0, rank - 1)]
}
