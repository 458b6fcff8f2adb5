import Supervision
import Testing

@testable import CircuitBreakers

@Suite("Health and overview")
struct CircuitHealthTests {
    private func snapshots(_ states: CircuitState...) -> [CircuitSnapshot] {
        states.enumerated().map { CircuitSnapshot(service: ServiceName("service-\($0.offset)"), state: $0.element) }
    }

    @Test("K119 B27 all closed: healthy; one half-open: degraded; one open: unhealthy; none: healthy (B26)")
    func together() {
        #expect(CircuitHealth(of: snapshots(.closed, .closed)) == .healthy)
        #expect(CircuitHealth(of: snapshots(.closed, .halfOpen, .closed)) == .degraded)
        #expect(CircuitHealth(of: snapshots(.halfOpen, .open, .closed)) == .unhealthy)
        #expect(CircuitHealth(of: snapshots()) == .healthy)
    }

    @Test("B27 an override: forced open is unhealthy, no protection is degraded")
    func overrides() {
        #expect(CircuitHealth(of: .forcedOpen) == .unhealthy)
        #expect(CircuitHealth(of: .disabled) == .degraded)
        #expect(CircuitHealth(of: .metricsOnly) == .degraded)
        #expect(CircuitHealth.healthy < .degraded)
        #expect(CircuitHealth.degraded < .unhealthy)
    }

    private func circuit(_ service: ServiceName, _ state: CircuitState) -> CircuitFigures {
        CircuitFigures(service: service, state: state)
    }

    @Test("B27 an overview of all circuits, by name (A14)")
    func overview() {
        let overview = CircuitOverview([circuit("users", .closed), circuit("api", .open), circuit("search", .halfOpen)])
        #expect(overview.circuits.map(\.service) == ["api", "search", "users"])
        #expect(overview.health == .unhealthy)
        #expect(overview.services(.degraded) == ["search"])
        #expect(CircuitOverview([]).health == .healthy)
    }

    @Test("B27 the table: aligned, sorted, and the same for the same circuits (A14)")
    func table() {
        var payments = circuit("payments", .open)
        payments.retryAfter = .milliseconds(12_500)
        payments.calls = 40
        payments.failures = 25
        payments.failureRate = 0.625
        payments.rejected = 103
        payments.lastFailureType = "Timeout"
        payments.isFlapping = true
        var search = circuit("search", .closed)
        search.calls = 1_000
        search.failureRate = 0
        let overview = CircuitOverview([search, circuit("a", .closed), payments])
        #expect(
            "\(overview)" == """
                circuits: unhealthy; 2 closed, 1 open (payments); flapping: payments

                service   state   time left  calls  failures  rate  rejected  last failure
                a         closed  -              0         0     -         0  -
                payments  open    12.5 s        40        25  63 %       103  Timeout
                search    closed  -           1000         0   0 %         0  -
                """
        )
    }

    @Test("B27 a table of nothing, and of names that would break it")
    func oddTables() {
        #expect("\(CircuitOverview([]))" == "circuits: healthy; there are none")
        let text = "\(CircuitOverview([circuit("a\nb\u{1B}[2J", .open)]))"
        #expect(text.split(separator: "\n").count == 3)
        #expect(!text.contains("\u{1B}"))
    }

    @Test("B27 of many services that are open the first five are named")
    func many() {
        let overview = CircuitOverview((1...9).map { circuit(ServiceName("s\($0)"), .open) })
        #expect(overview.summary == "unhealthy; 9 open (s1, s2, s3, s4, s5 and 4 more)")
    }
}
