import Subjects
import Supervision

/// A call on an idle server, beside a bare call of the same actor method.
func measureCalls(_ report: inout Report) async throws {
    let runtime = Runtime(events: SilentSink())
    let tree = try await Supervisor { Child(.counter) { Counter() } }.start(in: runtime)
    let named = ServerRef(.counter, in: runtime)
    let bareCounter = Counter()
    let results = try await medians(
        count: 300_000,
        [
            { count in for number in 0..<count { use(await bareCounter.add(number)) } },
            { count in for number in 0..<count { use(try await named.call { $0.add(number) }) } },
            { count in
                for number in 0..<count { named.cast(number) }
                use(try await named.call(timeout: .seconds(60)) { $0.total })
            },
        ]
    )
    report.add("bare actor call", results[0].nanoseconds)
    report.add(
        "call, idle server",
        results[1].nanoseconds,
        judged: results[1] / results[0],
        limit: 1.6,
        unit: "bare actor calls"
    )
    report.add("cast, in a burst", results[2].nanoseconds)
    try await tree.stop()
}
