#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif
import Synchronization

/// `CircuitModel [count] [seed]`: plays that many sequences from that seed on, and names the seed of the first that
/// goes another way than the model.
@main
struct Main {
    /// How many sequences there are for each that is played in a tree, which takes longer.
    private static let alonePerTree: UInt64 = 20

    static func main() async {
        let arguments = CommandLine.arguments.dropFirst().map { UInt64($0) }
        guard arguments.count <= 2, !arguments.contains(nil) else {
            print("usage: run [count of sequences] [seed]")
            exit(2)
        }
        let count = arguments.first.flatMap(\.self) ?? 100_000
        let first = arguments.dropFirst().first.flatMap(\.self) ?? 1
        let seeds = Seeds(first..<(first + count))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while let seed = seeds.next() {
                        do {
                            try await Playing.play(seed: seed, inTree: seed % alonePerTree == 0)
                        } catch {
                            print("seed \(seed): \(error)")
                            exit(1)
                        }
                    }
                }
            }
        }
        print("\(count) sequences of \(Playing.length) operations as the model plays them")
    }
}

/// Deals seeds out to several tasks.
private final class Seeds: Sendable {
    private let upcoming: Mutex<Range<UInt64>>

    init(_ seeds: Range<UInt64>) {
        upcoming = Mutex(seeds)
    }

    func next() -> UInt64? {
        upcoming.withLock { $0.popFirst() }
    }
}
