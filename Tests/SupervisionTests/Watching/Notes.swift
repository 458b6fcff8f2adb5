import Supervision

/// A server that writes down what it handles, and does what a test tells it to.
actor Notes: GenServer {
    enum Message: Sendable, Equatable {
        case note(String)
        case first(String, thenContinueWith: [String])
        case idle
        case ended(String)
        case crash
        case finish
    }

    struct Crash: Error, CustomStringConvertible { var description: String { "crash" } }

    private let onStart: (@Sendable (ServerContext<Notes>) -> Void)?
    private(set) var log: [String] = []
    private(set) var context: ServerContext<Notes>?

    init(onStart: (@Sendable (ServerContext<Notes>) -> Void)? = nil) {
        self.onStart = onStart
    }

    func started(_ context: ServerContext<Notes>) {
        self.context = context
        onStart?(context)
    }

    func handle(_ message: Message, _ context: ServerContext<Notes>) throws {
        switch message {
        case .note(let text): log.append(text)
        case .first(let text, let others):
            log.append(text)
            for other in others { context.continue(with: .note(other)) }
        case .idle: log.append("idle")
        case .ended(let reason): log.append("ended: \(reason)")
        case .crash: throw Crash()
        case .finish: throw Exit(.normal)
        }
    }

    func idle(after timeout: Duration?) {
        context?.idleTimeout(timeout, .idle)
    }
}

extension ServerName where Server == Notes {
    static var a: Self { .init("a") }
    static var b: Self { .init("b") }
}
