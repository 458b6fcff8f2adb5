import Subjects
import Supervision

/// A static tree of 100 supervisors with 100 children each, started and stopped.
@Sendable
func trees() async throws {
    let runtime = Runtime(events: SilentSink())
    var starts: [Double] = []
    var stops: [Double] = []
    for _ in 0..<6 {
        let start = now()
        let tree = try await Supervisor {
            for number in 0..<100 {
                Child(ChildID("branch-\(number)")) { Supervisor { counters(100) } }
            }
        }.start(in: runtime)
        let started = now()
        try await tree.stop()
        starts.append(Double(started - start) / 1e6)
        stops.append(Double(now() - started) / 1e6)
    }
    // The first one was to warm up.
    report("trees", "start", percentile(50, of: Array(starts.dropFirst())), "ms")
    report("trees", "stop", percentile(50, of: Array(stops.dropFirst())), "ms")
}

/// Starts a tree of 100 children; `compare` takes the time of the whole process.
@Sendable
func process() async throws {
    _ = try await Supervisor { counters(100) }.start()
}

private func counters(_ count: Int) -> [Child] {
    (0..<count).map { number in Child(ChildID("leaf-\(number)")) { Counter() } }
}
