internal import Foundation

/// Rounds whose memory must not grow.
///
/// The first half of the rounds warms up. Through the resident memory after each round of the second half a line is laid
/// by least squares: it may rise by no more than ``mostPerRound`` from round to round, nor by more than ``mostInAll``
/// from the first of them to the last. Threads may not become more after the warm-up.
struct Soak {
    let seed: UInt64
    let length: Duration

    /// In KiB.
    static let mostPerRound = 128.0
    static let mostInAll = 4_096.0

    private struct Row {
        var resident: Int
        var threads: Int
        var calls: Int
    }

    func run() async throws {
        let end = ContinuousClock.now + length
        var rows: [Row] = []
        print("round  resident KiB  threads  answered")
        while ContinuousClock.now < end {
            let result = try await Round(seed: seed, number: rows.count, length: .seconds(2), width: 2).run()
            let figures = ProcessFigures()
            let calls = result.steps.first { $0.what == "answered" }?.count ?? 0
            rows.append(Row(resident: figures.resident, threads: figures.threads, calls: calls))
            print("\(rows.count)  \(figures.resident)  \(figures.threads)  \(calls)")
            // A soak may be watched.
            fflush(nil)
        }
        check(rows)
    }

    private func check(_ rows: [Row]) {
        let warmUp = rows.count / 2
        guard rows.count >= 10 else {
            print("too few rounds to tell")
            exit(2)
        }
        let later = rows.dropFirst(warmUp)
        let slope = Self.slope(later.map { Double($0.resident) })
        let rise = slope * Double(later.count - 1)
        print("after \(warmUp) rounds: \(Self.rounded(slope)) KiB a round, \(Self.rounded(rise)) KiB in all")
        let threads = later.map(\.threads)
        if slope > Self.mostPerRound || rise > Self.mostInAll {
            print("FAILED: memory grows by more than \(Self.mostPerRound) KiB a round or \(Self.mostInAll) KiB in all")
            exit(1)
        }
        if let first = threads.first, let last = threads.last, last > first + 4 {
            print("FAILED: \(last) threads, and \(first) after the warm-up")
            exit(1)
        }
        print("memory is flat")
    }

    /// Of the straight line through the values that has the least squares of distances.
    private static func slope(_ values: [Double]) -> Double {
        let middle = Double(values.count - 1) / 2
        let mean = values.reduce(0, +) / Double(values.count)
        var (product, square) = (0.0, 0.0)
        for (index, value) in values.enumerated() {
            product += (Double(index) - middle) * (value - mean)
            square += (Double(index) - middle) * (Double(index) - middle)
        }
        return square > 0 ? product / square : 0
    }

    private static func rounded(_ number: Double) -> Double {
        (number * 10).rounded() / 10
    }
}
