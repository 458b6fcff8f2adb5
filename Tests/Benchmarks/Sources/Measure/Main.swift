/// Prints what the hot paths cost, each beside the bare operation that it is judged by, measured in the same run.
///
/// Run it in release: `swift run -c release --package-path Tests/Benchmarks Measure`. With `--check` it fails when a
/// ratio is over its limit. With `--children` it prints instead what very many children cost, with `--circuits` only
/// what circuits do.
@main
struct Main {
    @concurrent
    static func main() async throws {
        #if DEBUG
        print("This is a debug build; its figures say nothing. Run it with -c release.")
        #endif
        var report = Report()
        if CommandLine.arguments.contains("--children") {
            try await measureChildren(&report)
            return report.print()
        }
        // Before another runtime than the default one is used, which no application does.
        try await measureCircuits(&report)
        try await measureCircuitMemory(&report)
        if !CommandLine.arguments.contains("--circuits") {
            try await measureMemory(&report)
            try await measureCalls(&report)
        }
        report.print()
        if CommandLine.arguments.contains("--check"), !report.isWithinLimits { throw LimitExceeded() }
    }
}

struct LimitExceeded: Error {}
