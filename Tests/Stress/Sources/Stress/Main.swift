internal import Foundation

/// Puts trees under stress on real threads: `Stress stress|soak [seconds] [seed]`.
@main struct Main {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let isSoak = arguments.first == "soak"
        guard let mode = arguments.first, isSoak || mode == "stress" else {
            print("usage: Stress stress|soak [seconds] [seed]")
            exit(2)
        }
        let seconds = arguments.dropFirst().first.flatMap { Int($0) } ?? 60
        let seed = arguments.dropFirst(2).first.flatMap { UInt64($0) } ?? 1
        print("\(mode) for \(seconds) s, seed \(seed)")
        if isSoak {
            try await Soak(seed: seed, length: .seconds(seconds)).run()
        } else {
            try await Stress(seed: seed, length: .seconds(seconds)).run()
        }
    }
}

/// Rounds until the time is over.
struct Stress {
    let seed: UInt64
    let length: Duration

    func run() async throws {
        let end = ContinuousClock.now + length
        var total: [String: Int] = [:]
        var order: [String] = []
        var rounds = 0
        while ContinuousClock.now < end {
            let result = try await Round(seed: seed, number: rounds, length: .seconds(2), width: 1 + rounds % 3).run()
            rounds += 1
            if order.isEmpty { order = result.steps.map(\.what) }
            for (what, count) in result.steps { total[what, default: 0] += count }
        }
        print("\(rounds) rounds: \(order.map { "\($0) \(total[$0] ?? 0)" }.joined(separator: ", "))")
        print("all invariants held")
    }
}
