internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// How a child that must not be left running ends the process (S3).
enum ProcessAbort {
    /// Says why on standard error, as the sink may not have written its events yet, and aborts.
    static func abort(because reason: String) {
        var line = "\(reason)\n"
        line.withUTF8 { bytes in
            _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
        exitByAbort()
    }

    private static func exitByAbort() {
        #if canImport(Darwin)
        Darwin.abort()
        #elseif canImport(Musl)
        Musl.abort()
        #else
        Glibc.abort()
        #endif
    }
}

extension Runtime {
    /// Ends the process because of the child at `path`, as its specification says.
    func abortProcess(for path: String) {
        let abort = abort.withLock { $0 }
        abort("\(path) did not stop when it was asked to; whenUnstoppable(.abortProcess) ends the process")
    }
}
