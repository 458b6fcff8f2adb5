internal import Synchronization
public import Supervision

/// A child whose start, messages and stop a test drives step by step.
///
/// ```swift
/// let puppet = Puppet("orders")
/// async let tree = Supervisor { puppet.child(restart: .permanent) }.start(in: runtime)
/// try await puppet.next().proceed()                  // its start
/// let ref = try await tree
/// ServerRef(puppet.name, in: runtime).cast("ship")
/// try await puppet.next().fail(Broken())             // crashes at the message
/// let restart = try await puppet.next()              // is started again
/// #expect(restart.moment == .start(life: 2))
/// restart.proceed()
/// ```
///
/// Whenever the puppet comes to its start, a message or its clean-up, it waits there for the test. It goes on by itself
/// when it is told to stop meanwhile, unless it was made not to. It works in a simulation and without one.
public final class Puppet: Sendable {
    /// What a puppet can be at.
    public enum Moment: Sendable, Equatable {
        /// The start of that life, counted from 1.
        case start(life: Int)
        /// A message.
        case message(String)
        /// Its clean-up, for a reason that reads like that.
        case stop(String)
    }

    private struct State {
        var steps: [Step] = []
        var waiters: [(id: Int, continuation: UnsafeContinuation<Step?, Never>)] = []
        var waiterCount = 0
    }

    /// The puppet's id within its supervisor, and the name that it is registered under.
    public let name: ServerName<PuppetServer>
    let heedsCancellation: Bool
    private let state = Mutex(State())

    /// A puppet.
    ///
    /// - Parameters:
    ///   - name: its id within its supervisor, and its name in its runtime.
    ///   - heedsCancellation: whether it goes on by itself, with a `CancellationError`, when it is told to stop while it
    ///     waits for the test.
    public init(_ name: String, heedsCancellation: Bool = true) {
        self.name = ServerName(name)
        self.heedsCancellation = heedsCancellation
    }

    /// The specification of the puppet as a child.
    public func child(
        restart: Restart = .permanent,
        shutdown: Shutdown? = nil,
        significant: Bool = false,
        backoff: Backoff? = nil
    ) -> Child {
        Child(name, restart: restart, shutdown: shutdown, significant: significant, backoff: backoff) {
            PuppetServer(self)
        }
    }

    /// What the puppet comes to next, or has come to and not been asked for; suspends until it does. The puppet waits
    /// there until the step is told how to go on.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    public func next() async throws -> Step {
        let id = state.withLock { state in
            state.waiterCount += 1
            return state.waiterCount
        }
        let step = await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Step?, Never>) in
                let (step, isCancelled) = state.withLock { state -> (Step?, Bool) in
                    if !state.steps.isEmpty { return (state.steps.removeFirst(), false) }
                    // Asked under the lock, so that a cancellation either is seen here or finds the waiter.
                    if Task.isCancelled { return (nil, true) }
                    state.waiters.append((id, continuation))
                    return (nil, false)
                }
                if step != nil || isCancelled { continuation.resume(returning: step) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.id == id }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: nil)
        }
        guard let step else { throw CancellationError() }
        return step
    }

    /// The puppet is at a moment, and waits for the test.
    func reach(_ moment: Moment) async throws {
        let step = Step(moment)
        let waiter = state.withLock { state -> UnsafeContinuation<Step?, Never>? in
            if !state.waiters.isEmpty { return state.waiters.removeFirst().continuation }
            state.steps.append(step)
            return nil
        }
        waiter?.resume(returning: step)
        try await step.wait(heedsCancellation: heedsCancellation)
    }
}

/// The server that is a ``Puppet`` in a tree. It takes any text as a message.
public actor PuppetServer: GenServer {
    private let puppet: Puppet

    init(_ puppet: Puppet) {
        self.puppet = puppet
    }

    /// Waits for the test.
    public func started(_ context: ServerContext<PuppetServer>) async throws {
        try await puppet.reach(.start(life: context.incarnation))
    }

    /// Waits for the test.
    public func handle(_ message: String, _ context: ServerContext<PuppetServer>) async throws {
        try await puppet.reach(.message(message))
    }

    /// Waits for the test.
    public func terminate(reason: ExitReason) async {
        try? await puppet.reach(.stop("\(reason)"))
    }
}
