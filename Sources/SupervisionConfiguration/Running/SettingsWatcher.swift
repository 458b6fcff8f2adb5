#if Configuration
public import CircuitBreakers
public import Supervision

/// Looks at regular intervals whether settings have changed, and gives the changes to running servers (B24).
///
/// ```swift
/// Supervisor {
///     Child(.circuitBreakers) { CircuitBreakerServer(settings.current.circuits) }
///     Child("settings") { SettingsWatcher(settings, every: .seconds(2)) }
/// }
/// ```
///
/// * **Circuits** go on with their states and counts; another `failure_threshold` holds from the next call on.
/// * **Supervisors** that the settings name have the new restart intensity (R77), also when this starts. One that is
///   restarted begins with what its code says, so let that take it from ``Settings/intensity(of:over:)``.
/// * **Loggers** of a ``LiveLogHandler`` have the new level.
///
/// What can hold only from the next start on is listed in the ``SettingsEvent``: shutdown times, `enabled` and
/// `initial_state`, and the interval of figures. Settings that cannot be are refused as a whole, with an event, once for
/// as long as they stay the same; so is a file that cannot be read.
///
/// It crashes for nothing, so its restart type does not matter.
public actor SettingsWatcher: GenServer {
    /// What can be cast to it, and what it sends to itself.
    public enum Message: Sendable {
        /// Look now, without waiting for the next time.
        case look
        /// It has looked.
        case looked(Look)
    }

    /// What came of one look.
    public struct Look: Sendable {
        var applied: SettingsEvent?
        var refusal: String?
        var undelivered: [String: String] = [:]
    }

    private let settings: LiveSettings
    private let interval: Duration
    private let breakers: [ServerName<CircuitBreakerServer>]
    private let whenApplied: @Sendable (Settings) async -> Void
    private var runtime: Runtime?
    private var isLooking = false
    private var shallLookAgain = false
    private var last = Look()

    /// A watcher of `settings`.
    ///
    /// - Parameters:
    ///   - settings: what it asks to reload.
    ///   - interval: how often.
    ///   - breakers: the servers that run with the circuits' settings, and were made with them.
    ///   - whenApplied: called after each change that holds, when the servers have it, for what of your own follows from
    ///     it. The next look waits for it.
    public init(
        _ settings: LiveSettings,
        every interval: Duration = .seconds(5),
        breakers: [ServerName<CircuitBreakerServer>] = [.circuitBreakers],
        whenApplied: @escaping @Sendable (Settings) async -> Void = { _ in }
    ) {
        self.settings = settings
        self.interval = interval
        self.breakers = breakers
        self.whenApplied = whenApplied
    }

    public func started(_ context: ServerContext<SettingsWatcher>) {
        runtime = context.runtime
        context.send(.look, every: interval)
        beginLook(context)
    }

    public func handle(_ message: Message, _ context: ServerContext<SettingsWatcher>) {
        switch message {
        case .look: beginLook(context)
        case .looked(let look):
            isLooking = false
            tell(look, context.runtime)
            if shallLookAgain { beginLook(context) }
        }
    }

    /// Looks now, and returns when the servers have what holds: for tests, and for operators.
    ///
    /// ```swift
    /// try await ServerRef(.settings).call { await $0.look() }
    /// ```
    public func look() async {
        guard let runtime else { return }
        tell(await SettingsLook(settings, breakers, whenApplied, runtime).run(), runtime)
    }

    private func beginLook(_ context: ServerContext<SettingsWatcher>) {
        shallLookAgain = isLooking
        if isLooking { return }
        isLooking = true
        let look = SettingsLook(settings, breakers, whenApplied, context.runtime)
        // Beside the mailbox, as a supervisor that is told may be waiting for this very server.
        context.task {
            await look.run()
        } _: { outcome in
            .looked((try? outcome.get()) ?? Look())
        }
    }

    /// What is told already is not told again.
    private func tell(_ look: Look, _ runtime: Runtime) {
        if let applied = look.applied { runtime.emit(applied) }
        if let refusal = look.refusal, refusal != last.refusal {
            runtime.emit(SettingsEvent(kind: .refused(reason: refusal)))
        }
        for (server, reason) in look.undelivered.sorted(by: { $0.key < $1.key })
        where last.undelivered[server] != reason {
            runtime.emit(SettingsEvent(kind: .undelivered(server: server, reason: reason)))
        }
        last = look
    }
}
#endif
