/// Objects in the order in which they came, each found by its identity.
///
/// An order by identity would be that of addresses, which differs from run to run.
struct ArrivalTable<Value: Sendable>: Sendable {
    private var entries: [ObjectIdentifier: (number: Int, value: Value)] = [:]
    private var nextNumber = 0

    var isEmpty: Bool { entries.isEmpty }

    /// Those that are there, the oldest first.
    var values: [Value] {
        entries.values.sorted { $0.number < $1.number }.map(\.value)
    }

    subscript(id: ObjectIdentifier) -> Value? {
        get { entries[id]?.value }
        set {
            guard let newValue else {
                entries[id] = nil
                return
            }
            entries[id] = (nextNumber, newValue)
            nextNumber += 1
        }
    }
}
