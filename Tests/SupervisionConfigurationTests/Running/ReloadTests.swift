#if Configuration
import CircuitBreakers
import Configuration
import Logging
import Supervision
import SupervisionConfiguration
import SupervisionTesting
import Testing

@Suite("Settings change while the program runs", .timeLimit(.minutes(1)))
struct ReloadTests {
    private static func text(_ threshold: String, more: String = "") -> String {
        "circuit_breakers: {default_config: {failure_threshold: \(threshold), timeout_seconds: 10}\(more)}"
    }

    @Test("B24 K141 another failure_threshold changes when a circuit opens, and no count is lost (B16)")
    func threshold() async throws {
        let world = World()
        let file = try TestFile(Self.text("5"))
        let tree = try await world.tree(LiveSettings(providers: [file]))
        for _ in 0..<3 { await world.failingCall("api") }
        file.write(Self.text("4"))
        await world.look { $0 == .applied(waiting: []) }
        try await world.delivered()
        let before = try await world.state(of: "api")
        #expect(before.state == .closed)
        #expect(before.counts.consecutiveFailures == 3)
        await world.failingCall("api")
        #expect(try await world.state(of: "api").state == .open)
        try await tree.stop()
    }

    @Test("B24 a wrong value is refused with file, key, value and range, once; the old one stays")
    func refused() async throws {
        let world = World()
        let file = try TestFile(Self.text("2"))
        let settings = try LiveSettings(providers: [file])
        let tree = try await world.tree(settings)
        await world.failingCall("api")
        file.write(Self.text("0"))
        await world.look { if case .refused = $0 { true } else { false } }
        #expect(settings.current.circuits.policy.text == "consecutiveFailures(2), 10 s, successes(1)")
        #expect(try await world.state(of: "api").counts.consecutiveFailures == 1)
        // Looked at again, it is not told again.
        try await world.runtime.run { try await ServerRef(.settings).lookAndWait() }
        #expect(world.settingsEvents.count == 1)
        #expect(
            world.settingsEvents.first?.hasPrefix(
                """
                settings refused: config.yaml: circuit_breakers.default_config.failure_threshold is 0, allowed is 1 or \
                more; 
                """
            ) == true
        )
        await world.failingCall("api")
        #expect(try await world.state(of: "api").state == .open)
        file.write(Self.text("3"))
        await world.look { $0 == .applied(waiting: []) }
        try await tree.stop()
    }

    @Test("B24 of settings that are refused nothing holds")
    func wholly() async throws {
        let file = try TestFile("log: {level: info}\n" + Self.text("2"))
        let settings = try LiveSettings(providers: [file])
        file.write("log: {level: debug}\n" + Self.text("3", more: ", enabled: perhaps"))
        await #expect(throws: InvalidSetting.self) { try await settings.reload() }
        #expect(settings.current.logLevel == .info)
        #expect(settings.current.circuits.policy.text == "consecutiveFailures(2), 10 s, successes(1)")
    }

    @Test("B24 a file that cannot be read is refused, and read again when it is whole")
    func broken() async throws {
        let file = try TestFile(Self.text("2"))
        let settings = try LiveSettings(providers: [file])
        file.write("circuit_breakers: {default_config: [")
        let error = await #expect(throws: InvalidSetting.self) { try await settings.reload() }
        #expect(error?.description.hasPrefix("config.yaml: not readable: ") == true)
        file.write(Self.text("3"))
        #expect(try await settings.reload())
        #expect(try await settings.reload() == false)
    }

    @Test("B24 a file that says the same in other words is no change")
    func sameInOtherWords() async throws {
        let file = try TestFile("circuit_breakers: {default_config: {failure_threshold: 2}}")
        let settings = try LiveSettings(providers: [file])
        file.write("circuit_breakers: {default_config: {trip: {consecutive_failures: 2}}}\nother: 1")
        #expect(try await settings.reload() == false)
        #expect(settings.reader.int(forKey: "other") == 1)
    }

    @Test("B24 a restarted server begins with what holds now, and not with what is in the file")
    func restart() async throws {
        let world = World()
        let file = try TestFile(Self.text("5"))
        let tree = try await world.tree(LiveSettings(providers: [file]))
        file.write(Self.text("1"))
        await world.look { $0 == .applied(waiting: []) }
        file.write(Self.text("0"))
        await world.look { if case .refused = $0 { true } else { false } }
        try await world.runtime.run { try await ServerRef(.circuitBreakers).stop(.error(Broken())) }
        await world.failingCall("api")
        #expect(try await world.state(of: "api").state == .open)
        try await tree.stop()
    }

    @Test("B18 B24 an operator's override and settings outlive looks that find nothing new")
    func overrides() async throws {
        let world = World()
        let tree = try await world.tree(LiveSettings(providers: [TestFile(Self.text("5"))]))
        var own = CircuitSettings()
        own.trip.consecutiveFailures = 1
        let settings = own
        _ = try await world.runtime.run {
            _ = try await CircuitBreakerServer.admin(.configure("api", settings))
            return try await CircuitBreakerServer.admin(.forceOpen("db"))
        }
        try await world.runtime.run { try await ServerRef(.settings).lookAndWait() }
        await world.failingCall("api")
        #expect(try await world.state(of: "api").state == .open)
        #expect(try await world.state(of: "db").state == .forcedOpen)
        try await tree.stop()
    }

    @Test("B24 what an operator has set before the first look stays, as the server was made with what holds")
    func firstLook() async throws {
        let world = World()
        let settings = try LiveSettings(providers: [TestFile(Self.text("5"))])
        let tree = try await Supervisor {
            Child(.circuitBreakers) { CircuitBreakerServer(settings.current.circuits) }
        }.start(in: world.runtime)
        var own = CircuitSettings()
        own.trip.consecutiveFailures = 1
        let change = own
        _ = try await world.runtime.run { try await CircuitBreakerServer.admin(.configure("api", change)) }
        try await tree.startChild(Child(.settings) { SettingsWatcher(settings) })
        try await world.runtime.run { try await ServerRef(.settings).lookAndWait() }
        await world.failingCall("api")
        #expect(try await world.state(of: "api").state == .open)
        try await tree.stop()
    }

    @Test("B24 a look that is due while the last one lasts comes after it")
    func lookWhileLooking() async throws {
        let world = World()
        let file = try TestFile("log: {level: info}")
        let settings = try LiveSettings(providers: [file])
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let (end, goOn) = AsyncStream.makeStream(of: Void.self)
        let tree = try await Supervisor {
            Child(.settings) {
                SettingsWatcher(settings, breakers: []) { _ in
                    begin.yield()
                    _ = await end.first { _ in true }
                }
            }
        }.start(in: world.runtime)
        file.write("log: {level: debug}")
        world.clock.advance(by: .seconds(5))
        _ = await begun.first { _ in true }
        file.write("log: {level: error}")
        world.clock.advance(by: .seconds(5))
        // The beat has been handled when a call that came after it has been.
        try await world.runtime.run { try await ServerRef(.settings).call { _ in } }
        goOn.yield()
        goOn.yield()
        await world.recorder.waitFor(2) { ($0 as? SettingsEvent)?.kind == .applied(waiting: []) }
        #expect(settings.current.logLevel == .error)
        try await tree.stop()
    }

    @Test("B24 what waits for the next start is named")
    func waiting() async throws {
        let world = World()
        let file = try TestFile(Self.text("5"))
        let tree = try await world.tree(LiveSettings(providers: [file]))
        file.write(
            Self.text(
                "5",
                more: ", enabled: false, global_settings: {metrics_collection_interval_seconds: 9}"
            ) + "\nsupervisors: {app: {children: {http: {shutdown_seconds: 5}}}}"
        )
        let keys = ["metrics_collection_interval_seconds", "enabled or initial_state", "shutdown_seconds"]
        await world.look { $0 == .applied(waiting: keys) }
        try await tree.stop()
    }

    @Test("R77 B24 supervisors named in the settings have their limits, from the start on and after a change")
    func supervisors() async throws {
        let world = World()
        let file = try TestFile("supervisors: {inner: {max_restarts: 9, restart_window_seconds: 60}}")
        let settings = try LiveSettings(providers: [file])
        let tree = try await Supervisor {
            Child(.inner) {
                Supervisor(intensity: .init(0, within: .seconds(1))) { Child(.fuse) { Fuse() } }
            }
            Child(.settings) { SettingsWatcher(settings) }
        }.start(in: world.runtime)
        try await world.runtime.run {
            try await ServerRef(.settings).lookAndWait()
            // With the code's limit the supervisor would give up.
            try await ServerRef(.fuse).stop(.error(Broken()))
            #expect(try await ServerRef(.fuse).call { $0.isWhole })
        }
        file.write("supervisors: {inner: {max_restarts: 0, restart_window_seconds: 7}}")
        await world.look { $0 == .applied(waiting: []) }
        try await world.runtime.run {
            try await ServerRef(.settings).lookAndWait()
            try await ServerRef(.fuse).stop(.error(Broken()))
        }
        await world.recorder.waitFor { event in
            guard case .gaveUp(_, let intensity) = (event as? SupervisionEvent)?.kind else { return false }
            return intensity == RestartIntensity(0, within: .seconds(7))
        }
        try await tree.stop()
    }

    @Test("B24 G1 a supervisor or a server that is not there is told of once")
    func undelivered() async throws {
        let world = World()
        let settings = try settings("supervisors: {wrokers: {max_restarts: 9}}")
        let tree = try await world.tree(settings)
        await world.recorder.waitFor { event in
            guard case .undelivered("wrokers", _) = (event as? SettingsEvent)?.kind else { return false }
            return true
        }
        try await world.runtime.run { try await ServerRef(.settings).lookAndWait() }
        #expect(world.settingsEvents.count == 1)
        try await tree.stop()
    }

    @Test("B24 whoever asked for it is called after each change that holds")
    func whenApplied() async throws {
        let world = World()
        let file = try TestFile("log: {level: info}")
        let settings = try LiveSettings(providers: [file])
        let (levels, told) = AsyncStream.makeStream(of: String.self)
        let tree = try await Supervisor {
            Child(.settings) {
                SettingsWatcher(settings, breakers: []) { told.yield($0.logLevel?.rawValue ?? "none") }
            }
        }.start(in: world.runtime)
        file.write("log: {level: debug}")
        await world.look { $0 == .applied(waiting: []) }
        file.write("a: 1")
        await world.look { $0 == .applied(waiting: []) }
        try await tree.stop()
        told.finish()
        var all: [String] = []
        for await level in levels { all.append(level) }
        #expect(all == ["debug", "none"])
    }
}

private actor Fuse: GenServer {
    var isWhole: Bool { true }
}

extension ServerName {
    fileprivate static var inner: ServerName<Supervisor> { .init("inner") }
    fileprivate static var fuse: ServerName<Fuse> { .init("fuse") }
}
#endif
