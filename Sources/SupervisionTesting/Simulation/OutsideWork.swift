internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// Takes in what a simulation's thread would give to Swift's own threads: a bare `Task { }`, a `Task.yield()`.
///
/// The concurrency runtime has a variable for a function that is called in place of its own way to queue a job. It is
/// set once for the process, when the first simulation begins; on all other threads it goes on to the runtime's own way.
/// Where the variable cannot be found, as in a program that is linked statically, simulations run without it.
enum OutsideWork {
    private typealias Enqueue = @convention(c) (UnsafeRawPointer) -> Void
    private typealias Hook = @convention(c) (UnsafeRawPointer, Enqueue) -> Void

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    /// The loop of the simulation that this thread is in.
    static var loop: SimulationLoop? {
        pthread_getspecific(key).map { Unmanaged<SimulationLoop>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Runs `body` with this thread in the simulation of `loop`, which lives until then.
    static func within<Value>(_ loop: SimulationLoop, _ body: () -> Value) -> Value {
        _ = isCaptured
        let former = pthread_getspecific(key)
        pthread_setspecific(key, Unmanaged.passUnretained(loop).toOpaque())
        defer {
            pthread_setspecific(key, former)
            withExtendedLifetime(loop) {}
        }
        return body()
    }

    /// Whether such work is taken in. Asked for the first time, it is from then on.
    static let isCaptured: Bool = {
        guard let program = dlopen(nil, RTLD_LAZY),
            let address = dlsym(program, "swift_task_enqueueGlobal_hook")
        else { return false }
        let variable = address.assumingMemoryBound(to: Optional<Hook>.self)
        former = variable.pointee
        // Other threads may read it at this moment: a word that is written in one step. They go their usual way with the
        // new value as well as with the old one.
        variable.pointee = { job, enqueue in
            if let loop = OutsideWork.loop {
                // A job is a reference, and nothing else.
                loop.capture(unsafeBitCast(job, to: UnownedJob.self))
            } else if let former = OutsideWork.former {
                former(job, enqueue)
            } else {
                enqueue(job)
            }
        }
        return true
    }()

    /// What somebody else had put there before. Unsafe only in form: it is written once, before the hook is in place
    /// that reads it.
    private nonisolated(unsafe) static var former: Hook?
}
