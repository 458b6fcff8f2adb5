import Supervision
import SupervisionTesting
import Testing

@testable import CircuitBreakers

@Suite("Deadlines of callers")
struct CallDeadlineTests {
    private let world = World()

    @Test("B31 there is none unless somebody has set one")
    func none() {
        #expect(CallDeadline.current == nil)
    }

    @Test("B31 of nested deadlines the earlier one holds")
    func nested() async throws {
        let clock = world.clock
        await world.runtime.run {
            await CallDeadline.with(.seconds(2)) {
                #expect(CallDeadline.current?.remaining == .seconds(2))
                clock.advance(by: .milliseconds(500))
                await CallDeadline.with(.seconds(9)) {
                    #expect(CallDeadline.current?.remaining == .milliseconds(1_500))
                }
                await CallDeadline.with(.seconds(1)) {
                    #expect(CallDeadline.current?.remaining == .seconds(1))
                    clock.advance(by: .seconds(3))
                    #expect(CallDeadline.current?.remaining == .zero)
                }
            }
            #expect(CallDeadline.current == nil)
        }
    }

    @Test("K147 B31 half of a caller's two seconds is a limit of one, which the shared circuit counts (C15)")
    func share() async throws {
        let breakers = await world.breakers(.small(1))
        let runtime = world.runtime
        let (left, started) = (Box<Duration>(), Gate())
        let call = Task {
            try await runtime.run {
                try await CallDeadline.with(.seconds(2)) {
                    try await breakers.call("api") {
                        try await TimeLimit(share: 0.5).call {
                            left.value = CallDeadline.current?.remaining
                            started.open()
                            try await waitForCancellation()
                        }
                    }
                }
            }
        }
        await started.pass()
        world.clock.advance(by: .seconds(1))
        await #expect(throws: TimeLimitExceeded(after: .seconds(1))) { try await call.value }
        #expect(left.value == .seconds(1))
        #expect(await breakers.state(of: "api")?.state == .open)
    }

    @Test("B31 a share is of what is left when the call begins (C15)")
    func shareOfTheRest() async throws {
        let clock = world.clock
        try await world.runtime.run {
            try await CallDeadline.with(.seconds(2)) {
                clock.advance(by: .seconds(1))
                try await TimeLimit(share: 0.5).call {
                    #expect(CallDeadline.current?.remaining == .milliseconds(500))
                    try await TimeLimit(share: 0.5).call {
                        #expect(CallDeadline.current?.remaining == .milliseconds(250))
                    }
                }
            }
        }
    }

    @Test("B31 a share of no deadline is no limit, unless it says at most how long")
    func shareOfNothing() async throws {
        try await world.runtime.run {
            try await TimeLimit(share: 0.5).call { #expect(CallDeadline.current == nil) }
            try await TimeLimit(share: 0.5, upTo: .seconds(3)).call {
                #expect(CallDeadline.current?.remaining == .seconds(3))
            }
            try await CallDeadline.with(.seconds(60)) {
                try await TimeLimit(share: 0.5, upTo: .seconds(3)).call {
                    #expect(CallDeadline.current?.remaining == .seconds(3))
                }
            }
        }
    }

    @Test("B31 a fixed limit gives no more than the caller has")
    func fixed() async throws {
        try await world.runtime.run {
            try await CallDeadline.with(.seconds(2)) {
                try await TimeLimit(.seconds(9)).call { #expect(CallDeadline.current?.remaining == .seconds(2)) }
            }
        }
    }

    @Test("B31 B8 after the caller's deadline nothing is begun, and no circuit counts that (B29)")
    func over() async throws {
        let runs = Counter()
        let breakers = await world.breakers(.small(1))
        let layers: [any CallLayer] = [
            TimeLimit(.seconds(1)), TimeLimit(share: 0.5), Bulkhead(maxConcurrent: 1),
            RateLimit(1, per: .seconds(1)),
        ]
        for layer in layers {
            await world.runtime.run {
                await CallDeadline.with(.zero) {
                    _ = await #expect(throws: CallDeadlinePassed()) {
                        try await breakers.call("api") { try await layer.call { runs.add() } }
                    }
                }
            }
        }
        #expect(runs.value == 0)
        #expect(await breakers.state(of: "api")?.state == .closed)
    }
}
