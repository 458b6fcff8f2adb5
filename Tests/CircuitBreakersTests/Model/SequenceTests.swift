import Testing

@Suite("Circuits: random sequences against a plain model")
struct SequenceTests {
    /// `Tests/CircuitModel/run` plays many more of the same.
    @Test(
        "B4 B10 B11 B12 B13 B15 B16 B17 B18 B19 B20 B21 B23 B24 B27 circuits do as a plain model does, in 1,600 sequences",
        arguments: 0..<16
    )
    func alone(batch: UInt64) async throws {
        for seed in 0..<100 { try await named(batch * 100 + UInt64(seed)) }
    }

    @Test("B11 B13 B14 the same in a tree, with timers and stray messages of timers", arguments: 0..<8)
    func inTree(batch: UInt64) async throws {
        for seed in 0..<20 { try await named(1_000_000 + batch * 20 + UInt64(seed), inTree: true) }
    }

    /// Sequences that once went another way, each for its own reason.
    @Test(
        "B13 B16 B23 B24 what went wrong once goes right",
        arguments: [
            // The retryAfter of the failure for which the policy's own function opened the circuit was lost.
            54,
            // A ramp that was over kept a circuit from being evicted.
            437,
            // A lease that was shorter than an older one, after a change of the policy, ended too late.
            1_455,
            // A table of open times that fall was cut to its last.
            16,
            // A call came back into a window of time that grew.
            3_943,
            // A success that opened the circuit had the retryAfter of an earlier failure.
            27_624,
        ] as [UInt64]
    )
    func once(seed: UInt64) async throws {
        try await named(seed)
    }

    private func named(_ seed: UInt64, inTree: Bool = false) async throws {
        do {
            try await Playing.play(seed: seed, inTree: inTree)
        } catch {
            throw Difference(description: "seed \(seed): \(error)")
        }
    }
}
