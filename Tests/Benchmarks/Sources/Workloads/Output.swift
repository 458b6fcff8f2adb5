#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Prints one figure.
func report(_ workload: String, _ metric: String, _ value: Double, _ unit: String) {
    let hundredths = Int((abs(value) * 100).rounded())
    let fraction = hundredths % 100
    let sign = value < 0 ? "-" : ""
    print("\(workload) \(metric) \(sign)\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) \(unit)")
}

/// Says what is wrong, where no figure is expected.
func complain(_ problem: String) {
    let line = Array((problem + "\n").utf8)
    _ = write(STDERR_FILENO, line, line.count)
}

/// Ends the program: a workload that does not do its work has no figure.
func fail(_ problem: String) -> Never {
    complain(problem)
    exit(1)
}
