import Benchmark
import Subjects

/// The paths of `Steady`, timed. Each is gone so often that what is set up for it does not count.
let benchmarks: @Sendable () -> Void = {
    for (name, path) in paths.sorted(by: { $0.key < $1.key }) {
        let isLong = longPaths.contains(name)
        let configuration = Benchmark.Configuration(
            metrics: [.wallClock, .cpuTotal, .throughput],
            warmupIterations: 1,
            scalingFactor: isLong ? .kilo : .mega,
            maxDuration: .seconds(3),
            maxIterations: 20
        )
        Benchmark(name, configuration: configuration) { benchmark in
            try await path(benchmark.scaledIterations.count)
        }
    }
}
