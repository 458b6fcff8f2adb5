/// The children that have ended as soon as they were stopped, until the machine of their supervisor knows of it.
struct EndedChildren {
    private var children: [(key: ChildKey, incarnation: Int)] = []
    private var nextIndex = 0
    private var isBeingTaken = false

    mutating func append(_ key: ChildKey, _ incarnation: Int) {
        children.append((key, incarnation))
    }

    /// Whether there are any to be taken out, one by one. What comes of one may be that others end, which come after it.
    mutating func beginTaking() -> Bool {
        if children.isEmpty || isBeingTaken { return false }
        isBeingTaken = true
        return true
    }

    /// Nil when all have been taken out.
    mutating func next() -> (key: ChildKey, incarnation: Int)? {
        if nextIndex < children.count {
            defer { nextIndex += 1 }
            return children[nextIndex]
        }
        isBeingTaken = false
        nextIndex = 0
        children.removeAll(keepingCapacity: children.count < 32)
        return nil
    }
}
