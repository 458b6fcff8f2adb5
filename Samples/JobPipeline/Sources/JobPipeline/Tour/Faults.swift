import Synchronization

/// Bugs that show once.
final class Faults: Sendable {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    private let left: Mutex<[Int: String]>

    /// - Parameter faults: what goes wrong at the first sight of a job.
    init(_ faults: [Int: String]) {
        left = Mutex(faults)
    }

    func meet(_ job: Int) throws {
        if let fault = left.withLock({ $0.removeValue(forKey: job) }) { throw Fault(description: fault) }
    }
}
