/// The median time of one of `count` operations, over several rounds in which the bodies take turns, so that a change
/// of the machine's speed falls on all of them alike.
@concurrent
func medians(
    rounds: Int = 9,
    count: Int,
    _ bodies: [@Sendable (_ count: Int) async throws -> Void]
) async throws -> [Double] {
    let clock = ContinuousClock()
    for body in bodies { try await body(count / 10) }
    var times = bodies.map { _ in [Double]() }
    for _ in 0..<rounds {
        for (index, body) in bodies.enumerated() {
            let time = try await clock.measure { try await body(count) }
            let (seconds, attoseconds) = time.components
            times[index].append((Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(count))
        }
    }
    return times.map { $0.sorted()[rounds / 2] }
}
