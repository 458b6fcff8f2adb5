import Supervision

/// Runs workloads, each by its name, and prints what they cost, a figure a line: `workload metric value unit`. The
/// programs in `Peers` run the same in other systems and print the same lines; `compare` sets them side by side.
///
/// Run it in release: `swift run -c release --package-path Tests/Benchmarks Workloads [WORKLOAD …]`.
@main
struct Main {
    static func main() async throws {
        #if DEBUG
        complain("This is a debug build; its figures say nothing. Run it with -c release.")
        #endif
        // Unstructured, and waited for: in the task of the program itself, a hop to an actor and back can mean two
        // changes of the thread, microseconds that no other task pays.
        try await Task.detached { try await run() }.value
    }

    private static func run() async throws {
        let names = Array(CommandLine.arguments.dropFirst())
        for name in names.isEmpty ? ["circuits", "calls"] : names {
            guard let workload = workloads[name] else {
                let known = workloads.keys.sorted().joined(separator: ", ")
                fail("There is no workload '\(name)'; the workloads are \(known).")
            }
            try await workload()
        }
    }
}

/// `circuits` uses the default runtime, and comes first where several run in one process: an application has no other.
private let workloads: [String: @Sendable () async throws -> Void] = [
    "calls": calls,
    "children": children,
    "circuit-maps": circuitMaps,
    "circuits": circuits,
    "crashes": crashes,
    "floors": floors,
    "growth": growth,
    "memory": memory,
    "process": process,
    "registry": registry,
    "timers": timers,
    "trees": trees,
]
