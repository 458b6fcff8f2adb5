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
struct ReadMostly<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    // What the pointers point at is reached only through the functions below, which see to it that nobody reads while
    // somebody writes; the compiler cannot follow that, hence `unchecked`. Both are freed with this value.
    let value: UnsafeMutablePointer<Value>
    private let readers: UnsafeMutablePointer<Atomic<Int>>
    private let isChanging = Atomic(false)
    private let changes = Mutex(())

    init(_ initial: consuming Value) {
        value = .allocate(capacity: 1)
        value.initialize(to: initial)
        readers = .allocate(capacity: ThreadLine.count * ThreadLine.words)
        for index in 0..<ThreadLine.count * ThreadLine.words { (readers + index).initialize(to: Atomic(0)) }
    }

    deinit {
        value.deinitialize(count: 1)
        value.deallocate()
        readers.deinitialize(count: ThreadLine.count * ThreadLine.words)
        readers.deallocate()
    }

    @inline(__always)
    func read<Result>(_ body: (borrowing Value) -> Result) -> Result {
        let line = beginReading()
        defer { endReading(line) }
        return body(value.pointee)
    }

    /// For a reader that takes its time: those who would change the value wait for it, other readers do not.
    func readAtLength<Result>(_ body: (borrowing Value) -> Result) -> Result {
        // Handed out beside the lock, which gives away only what nobody else can reach.
        var result: Result?
        changes.withLock { _ in result = body(value.pointee) }
        // Set by the line above.
        return result!
    }

    /// For a reader to whom a closure is too dear: between this and ``endReading(_:)`` it may look at ``value``.
    @inline(__always)
    func beginReading() -> Int {
        let line = ThreadLine.index * ThreadLine.words
        // The order of this and of the look at the flag is what all depends on: either a writer sees the reader, or the
        // reader sees the writer.
        readers[line].wrappingAdd(1, ordering: .sequentiallyConsistent)
        if isChanging.load(ordering: .sequentiallyConsistent) { beginReadingLater(line) }
        return line
    }

    @inline(__always)
    func endReading(_ line: Int) {
        readers[line].wrappingSubtract(1, ordering: .releasing)
    }

    @inline(never)
    private func beginReadingLater(_ line: Int) {
        endReading(line)
        // Nobody changes the value while this holds the lock, and whoever does next sees the reader.
        changes.withLock { _ in _ = readers[line].wrappingAdd(1, ordering: .sequentiallyConsistent) }
    }

    func change<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure) -> Result {
        // Handed out beside the lock, which gives away only what nobody else can reach; here the readers are gone.
        var result: Result?
        try changes.withLock { _ throws(Failure) in
            isChanging.store(true, ordering: .sequentiallyConsistent)
            defer { isChanging.store(false, ordering: .releasing) }
            for index in 0..<ThreadLine.count {
                // Readers are gone within a few instructions, unless the system has put one's thread aside.
                while readers[index * ThreadLine.words].load(ordering: .sequentiallyConsistent) != 0 { sched_yield() }
            }
            result = try body(&value.pointee)
        }
        // Set, or the line above has thrown.
        return result!
    }
}
