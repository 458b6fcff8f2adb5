internal import Supervision

/// A server that does not heed its cancellation, so that it is given up (S3) and ends later.
actor Stubborn: GenServer {
    enum Message: Sendable {
        case insist(Duration)
    }

    private let witness: Witness

    init(_ round: RoundContext) {
        witness = Witness(.server, round.census)
    }

    func handle(_ message: Message, _ context: ServerContext<Stubborn>) async {
        switch message {
        case .insist(let time):
            // Unstructured, so that the wait is not cancelled with the server's own task.
            await Task.detached { try? await context.runtime.sleep(for: time) }.value
        }
    }
}
