import Synchronization

/// Counts over several runs, as nothing in a scenario should.
final class Count: Sendable {
    private let value = Atomic(0)

    func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}
