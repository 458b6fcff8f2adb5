/// One of a few lines of memory, chosen by the thread that asks, so that threads that count the same thing need not
/// write to the same place.
enum ThreadLine {
    static var count: Int { 8 }
    /// So many words fill a line of memory, or two: some processors fetch them in pairs.
    static var words: Int { 16 }

    /// The number of the thread's line. Two threads may have the same one, and one thread another one the next time.
    ///
    /// Told by where the thread has its stack. Stacks lie side by side, and one of these shifts is about the size of
    /// one, whatever the system: so neighbours get different lines.
    @inline(__always)
    static var index: Int {
        var here: UInt8 = 0
        let address = withUnsafeMutablePointer(to: &here) { UInt(bitPattern: $0) }
        return Int((address >> 23 ^ address >> 19 ^ address >> 17) & 7)
    }
}
