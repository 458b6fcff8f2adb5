internal import Dispatch
internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// A signal that asks a process to end.
public enum StopSignal: Sendable, Hashable, CaseIterable {
    /// SIGTERM: what a service manager or an orchestrator sends.
    case terminate
    /// SIGINT: Control-C.
    case interrupt

    var number: Int32 {
        switch self {
        case .terminate: SIGTERM
        case .interrupt: SIGINT
        }
    }

    /// The name that the signal is known by.
    public var name: String {
        switch self {
        case .terminate: "SIGTERM"
        case .interrupt: "SIGINT"
        }
    }
}

/// Takes signals while a tree runs: the first asks the tree to stop, the second ends the process by itself.
final class SignalTrap: Sendable {
    // Unsafe only in that Dispatch has not marked its sources Sendable; they are made to be used from any thread.
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]
    private let signals: Set<StopSignal>

    init(_ signals: Set<StopSignal>, onFirst: @escaping @Sendable (StopSignal) -> Void) {
        let first = FirstOnly()
        self.signals = signals
        sources = signals.map { stop in
            SignalDispositions.ignore(stop.number)
            let source = DispatchSource.makeSignalSource(signal: stop.number)
            source.setEventHandler {
                if first.isFirst() {
                    onFirst(stop)
                } else {
                    Self.die(of: stop.number)
                }
            }
            source.activate()
            return source
        }
    }

    func remove() {
        for source in sources { source.cancel() }
        for signal in signals { SignalDispositions.restore(signal.number) }
    }

    /// Ends the process as if the signal had never been trapped, so that whoever waits for it sees what ended it.
    private static func die(of number: Int32) {
        signal(number, SIG_DFL)
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, number)
        // Dispatch may block it on the threads that it uses to learn of it.
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        raise(number)
    }

    private final class FirstOnly: Sendable {
        private let isSpent = Atomic(false)

        func isFirst() -> Bool {
            !isSpent.exchange(true, ordering: .relaxed)
        }
    }
}

/// What the process did on a signal before it was trapped. Several trees may trap the same signal.
private enum SignalDispositions {
    private struct Former: @unchecked Sendable {
        // Unchecked because of the C function pointer, which is a constant address.
        var handler: (@convention(c) (Int32) -> Void)?
        var traps = 0
    }

    private static let former = Mutex<[Int32: Former]>([:])

    /// Dispatch sees a signal only if it does not end the process first.
    static func ignore(_ number: Int32) {
        former.withLock { former in
            if former[number] == nil { former[number] = Former(handler: signal(number, SIG_IGN)) }
            former[number]?.traps += 1
        }
    }

    static func restore(_ number: Int32) {
        former.withLock { former in
            former[number]?.traps -= 1
            guard let entry = former[number], entry.traps == 0 else { return }
            signal(number, entry.handler)
            former[number] = nil
        }
    }
}
