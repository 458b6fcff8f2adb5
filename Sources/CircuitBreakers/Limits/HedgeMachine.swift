/// Which attempts of a hedged call are begun, and when it is over. No clock or task.
struct HedgeMachine {
    private let maxAttempts: Int
    private(set) var begun = 1
    private var failed = 0

    /// The first attempt has begun.
    init(maxHedges: Int) {
        maxAttempts = 1 + maxHedges
    }

    /// Whether there is another attempt to come if the others are slow.
    var mayHedge: Bool { begun < maxAttempts }

    /// The time for another attempt has come. Returns its number.
    mutating func hedge() -> Int {
        begun += 1
        return begun
    }

    /// An attempt has failed. True when none is left that could succeed: it is over.
    mutating func fail() -> Bool {
        failed += 1
        return failed == begun
    }
}
