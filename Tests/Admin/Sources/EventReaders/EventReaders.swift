internal import Foundation
internal import Supervision
internal import SupervisionAdmin
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// What a thousand readers of events cost a server that has nothing to do with them: `EventReaders [readers]`.
///
/// Calls of an idle server are timed in rounds, in turn without an endpoint, with one that nobody reads, and with one
/// that all of the readers are connected to, of which the first is asleep. Ten events happen in each second.
@main struct EventReaders {
    static func main() async throws {
        let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000
        signal(SIGPIPE, SIG_IGN)
        let path = FileManager.default.temporaryDirectory.appending(path: "readers-\(getpid()).sock").path
        let runtime = Runtime(events: SilentSink())
        let tree = try await Supervisor {
            Child(.counter) { Counter() }
            Worker("news") {
                while true {
                    try await Task.sleep(for: .milliseconds(100))
                    runtime.emit(News())
                }
            }
        }.start(in: runtime)
        let counter = ServerRef(.counter, in: runtime)
        let admin = Child("admin") { AdminEndpoint(at: .unixSocket(path)) }

        var (alone, idle, read) = ([Double](), [Double](), [Double]())
        _ = try await nanoseconds(of: counter)
        for _ in 0..<5 {
            alone.append(try await nanoseconds(of: counter))
            try await tree.startChild(admin)
            idle.append(try await nanoseconds(of: counter))
            let readers = try Readers(count, at: path)
            // So that they are all connected, and have been told something.
            while readers.frames < count - 1 { try await Task.sleep(for: .milliseconds(10)) }
            let before = readers.frames
            read.append(try await nanoseconds(of: counter))
            let told = readers.frames - before
            guard told >= count - 1 else { throw NothingTold(frames: told) }
            readers.close()
            try await tree.terminateChild("admin")
            try await tree.deleteChild("admin")
        }
        try await tree.stop()
        report("no endpoint", alone, alone)
        report("an endpoint that nobody reads", idle, alone)
        report("\(count) readers, one of them asleep", read, alone)
    }

    /// What one call takes, over the better part of a second. Not on the main actor's thread, from which each call
    /// would be a change of threads.
    @concurrent
    private static func nanoseconds(of counter: ServerRef<Counter>) async throws -> Double {
        let calls = 6_000_000
        let clock = ContinuousClock()
        let begin = clock.now
        for _ in 0..<calls { try await counter.call { $0.count += 1 } }
        return begin.duration(to: clock.now) / .nanoseconds(1) / Double(calls)
    }

    private static func report(_ name: String, _ figures: [Double], _ base: [Double]) {
        func median(_ figures: [Double]) -> Double { figures.sorted()[figures.count / 2] }
        let words = String(format: "%.1f ns a call, %.2f times", median(figures), median(figures) / median(base))
        print("\(name): \(words) (\(figures.map { String(format: "%.0f", $0) }.joined(separator: " ")))")
    }
}

extension ServerName where Server == Counter {
    static var counter: Self { .init("counter") }
}

actor Counter: GenServer {
    var count = 0
}

struct News: RuntimeEvent {
    var level: EventLevel { .info }
    var description: String { "something has happened" }
}

/// The readers were told of nothing while the calls were timed, so the figures would say nothing.
struct NothingTold: Error {
    let frames: Int
}

/// Connections to the endpoint that are read by one thread, but for the first, which is never read.
final class Readers: Sendable {
    private let descriptors: [Int32]
    private let isClosed = Atomic(false)
    private let received = Atomic(0)

    /// How many pieces of the stream have been read.
    var frames: Int { received.load(ordering: .relaxed) }

    init(_ count: Int, at path: String) throws {
        descriptors = try (0..<count).map { _ in try Self.connected(to: path) }
        Thread.detachNewThread { [self] in read() }
    }

    func close() { isClosed.store(true, ordering: .relaxed) }

    private func read() {
        var polls = descriptors.dropFirst().map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isClosed.load(ordering: .relaxed) {
            _ = poll(&polls, nfds_t(polls.count), 50)
            for entry in polls where entry.revents != 0 {
                if recv(entry.fd, &buffer, buffer.count, 0) > 0 { received.add(1, ordering: .relaxed) }
            }
        }
        for descriptor in descriptors { _ = shutdownAndClose(descriptor) }
    }

    private static func connected(to path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        let request = "GET /events?type=other HTTP/1.1\r\nHost: localhost\r\n\r\n"
        guard result == 0, send(descriptor, request, request.utf8.count, 0) == request.utf8.count else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        return descriptor
    }
}

/// Outside of the class, whose own `close` has the name.
private func shutdownAndClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
