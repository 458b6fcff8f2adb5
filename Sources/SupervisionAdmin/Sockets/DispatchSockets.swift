#if Admin
internal import Dispatch
package import FlyingSocks
internal import Synchronization

/// Waits for sockets with Dispatch.
///
/// The pools of FlyingSocks note which descriptors they look at, and strike one out after they have woken who waits for
/// it. Who was woken may have closed the socket by then, and another one have got its number, which is then never looked
/// at again. Here each wait is a source of its own, and over when that is.
package struct DispatchSockets: AsyncSocketPool {
    private static let queue = DispatchQueue(label: "supervision.admin.sockets")

    package init() {}

    package func prepare() {}

    package func run() {}

    package func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
        let wait = SocketWait()
        try await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let descriptor = Int32(socket.file.rawValue)
                let source: any DispatchSourceProtocol =
                    events.contains(.read)
                    ? DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: Self.queue)
                    : DispatchSource.makeWriteSource(fileDescriptor: descriptor, queue: Self.queue)
                source.setEventHandler { wait.end() }
                // Only now is the descriptor let go of, and may be closed.
                source.setCancelHandler { continuation.resume() }
                wait.begin(source)
                source.activate()
            }
            try Task.checkCancellation()
        } onCancel: {
            wait.end()
        }
    }
}

/// One wait, which may be over before it begins.
private final class SocketWait: @unchecked Sendable {
    // Unchecked because of the source, which Dispatch lets be cancelled from anywhere, and which the lock protects.
    private let isOver = Mutex(false)
    private var source: (any DispatchSourceProtocol)?

    func begin(_ source: any DispatchSourceProtocol) {
        isOver.withLock { isOver in
            if isOver { source.cancel() } else { self.source = source }
        }
    }

    func end() {
        isOver.withLock { isOver in
            isOver = true
            source?.cancel()
            source = nil
        }
    }
}
#endif
