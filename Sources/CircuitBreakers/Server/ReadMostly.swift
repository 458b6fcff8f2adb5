internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A value that very many read at once and few change: readers on different threads do not get in each other's way.
///
/// Each reader counts itself in on one of a few lines of memory, chosen by its thread, looks whether someone is
/// changing the value, and counts itself out again. That is as much work as to take and release a lock, but no two
/// threads fight for the same line. Who changes the value waits until every line has been seen empty, and readers who
/// come meanwhile wait for that at an ordinary lock.
///
/// A reader's body is to be a few instructions and run nothing of anybody else's; it must not change the value itself.
struct ReadMostly<Value>: ~Copyable, @unchecked Sendable {
    // What the pointers point at is reached only through the functions below, which see to it that nobody reads while
    // somebody writes; the compiler cannot follow that, hence `unchecked`. Both are freed with this value.
    private let value: UnsafeMutablePointer<Value>
    private let readers: UnsafeMutablePointer<Atomic<Int>>
    private let isChanging = Atomic(false)
    private let changes = Mutex(())

    private static var lines: Int { 8 }
    /// So many counters fill a line of memory, or two: some processors fetch them in pairs.
    private static var spacing: Int { 16 }

    init(_ initial: Value) {
        value = .allocate(capacity: 1)
        value.initialize(to: initial)
        readers = .allocate(capacity: Self.lines * Self.spacing)
        for index in 0..<Self.lines * Self.spacing { (readers + index).initialize(to: Atomic(0)) }
    }

    deinit {
        value.deinitialize(count: 1)
        value.deallocate()
        readers.deinitialize(count: Self.lines * Self.spacing)
        readers.deallocate()
    }

    /// The line of the thread that asks: threads have their stacks far apart.
    @inline(__always)
    private static var line: Int {
        var here: UInt8 = 0
        let address = withUnsafeMutablePointer(to: &here) { UInt(bitPattern: $0) }
        let mixed = (address >> 16) &* 0x9E37_79B9_7F4A_7C15
        return Int(mixed >> 61) * spacing
    }

    @inline(__always)
    func read<Result>(_ body: (borrowing Value) -> Result) -> Result {
        let line = readers + Self.line
        // The order of this and of the look at the flag is what all depends on: either a writer sees the reader, or the
        // reader sees the writer.
        line.pointee.add(1, ordering: .sequentiallyConsistent)
        if isChanging.load(ordering: .sequentiallyConsistent) {
            line.pointee.subtract(1, ordering: .releasing)
            return readLater(body)
        }
        defer { line.pointee.subtract(1, ordering: .releasing) }
        return body(value.pointee)
    }

    @inline(never)
    private func readLater<Result>(_ body: (borrowing Value) -> Result) -> Result {
        withoutOthers { body(value.pointee) }
    }

    func change<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure) -> Result {
        try withoutOthers { () throws(Failure) in
            isChanging.store(true, ordering: .sequentiallyConsistent)
            defer { isChanging.store(false, ordering: .releasing) }
            for index in 0..<Self.lines {
                // Readers are gone within a few instructions, unless the system has put one's thread aside.
                while readers[index * Self.spacing].load(ordering: .sequentiallyConsistent) != 0 { sched_yield() }
            }
            return try body(&value.pointee)
        }
    }

    private func withoutOthers<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Handed out beside the lock, which gives away only what nobody else can reach; here the caller sees to that.
        var result: Result?
        try changes.withLock { _ throws(Failure) in result = try body() }
        // Set, or the line above has thrown.
        return result!
    }
}
