import Supervision
import Synchronization

/// Keeps the reply of a deferred call for later.
final class LateReply: Sendable {
    private let reply = Mutex<Reply<Int>?>(nil)
    private let isThere = HoldPoint()

    func keep(_ reply: Reply<Int>) {
        self.reply.withLock { $0 = reply }
        isThere.open()
    }

    /// Waits until the server has taken the call.
    func waitForReply() async {
        await isThere.hold()
    }

    func answer(_ number: Int) {
        reply.withLock { $0 }?(number)
    }

    func answer(_ number: Int, ending reason: ExitReason) {
        reply.withLock { $0 }?(number, ending: reason)
    }
}
