import Subjects
import Supervision

/// 100,000 children of a dynamic supervisor, started one after the other, and stopped all together. Of 10,000 only the
/// stop: Elixir's dynamic supervisor would take minutes for more.
@Sendable
func children() async throws {
    _ = try await startAndStop(1_000)
    report("children", "stop-of-10000", try await startAndStop(10_000).stop, "ns")
    let (start, stop) = try await startAndStop(100_000)
    report("children", "start", start, "ns")
    report("children", "stop", stop, "ns")
}

/// What it takes to start and to stop one of `count` dynamic children.
func startAndStop(_ count: Int) async throws -> (start: Double, stop: Double) {
    let runtime = Runtime(events: SilentSink())
    let tree = try await DynamicSupervisor().start(in: runtime)
    let start = try await nanoseconds(of: count) { try await startChildren(count, of: tree) }
    let stop = try await nanoseconds(of: count) { try await tree.stop() }
    return (start, stop)
}

/// What an idle child keeps, with its place and its supervisor's record of it.
@Sendable
func memory() async throws {
    let runtime = Runtime(events: SilentSink())
    let tree = try await DynamicSupervisor().start(in: runtime)
    try await startChildren(10, of: tree)
    let before = residentBytes()
    try await startChildren(100_000, of: tree)
    report("memory", "child-of-100000", Double(residentBytes() - before) / 100_000, "B")
    try await startChildren(900_000, of: tree)
    report("memory", "child-of-1000000", Double(residentBytes() - before) / 1_000_000, "B")
}

private func startChildren(_ count: Int, of tree: ServerRef<DynamicSupervisor>) async throws {
    for _ in 0..<count { try await tree.startChild { Counter() } }
}
