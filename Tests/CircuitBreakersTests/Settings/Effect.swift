import Supervision

@testable import CircuitBreakers

/// Proof that a key of the settings has an effect: what a circuit does with one value of it, and with another or none.
struct Effect: Sendable {
    let key: String
    /// Settings without the key, or with another value of it.
    let without: String
    let with: String
    /// What comes of them.
    let before: String
    let after: String
    let trial: @Sendable (Trial) async throws -> String

    /// With settings that say nothing without the key.
    init(
        _ key: String,
        _ with: String,
        _ before: String,
        _ after: String,
        _ trial: @escaping @Sendable (Trial) async throws -> String
    ) {
        self.init(key, "{}", with, before, after, trial)
    }

    init(
        _ key: String,
        _ without: String,
        _ with: String,
        _ before: String,
        _ after: String,
        _ trial: @escaping @Sendable (Trial) async throws -> String
    ) {
        self.key = key
        self.without = without
        self.with = with
        self.before = before
        self.after = after
        self.trial = trial
    }

    /// Settings that say how long a circuit stays open, of one kind.
    static func open(_ kind: String, _ rest: String) -> String { #"{"openDuration":{"\#(kind)":{\#(rest)}}}"# }

    static let ofSettings = trips + slowCalls + openTimes + probes + others

    private static let trips = [
        Effect("trip.consecutiveFailures", #"{"trip":{"consecutiveFailures":2}}"#, "closed", "open", failTwice),
        Effect(
            "trip.failures.count",
            #"{"trip":{"failures":{"count":3,"within":"10s"}}}"#,
            #"{"trip":{"failures":{"count":2,"within":"10s"}}}"#,
            "closed",
            "open",
            failTwice
        ),
        Effect(
            "trip.failures.within",
            #"{"trip":{"failures":{"count":2,"within":"10s"}}}"#,
            #"{"trip":{"failures":{"count":2,"within":"1m"}}}"#,
            "closed",
            "open",
            failTwiceWithin30Seconds
        ),
        Effect(
            "trip.failureRate.rate",
            #"{"trip":{"failureRate":{"rate":0.9,"calls":2}}}"#,
            #"{"trip":{"failureRate":{"rate":0.5,"calls":2}}}"#,
            "closed",
            "open"
        ) {
            await $0.succeed()
            await $0.fail()
            return await $0.state()
        },
        Effect(
            "trip.failureRate.calls",
            #"{"trip":{"failureRate":{"rate":0.5,"calls":4}}}"#,
            #"{"trip":{"failureRate":{"rate":0.5,"calls":2}}}"#,
            "closed",
            "open",
            failTwice
        ),
        Effect(
            "trip.failureRate.time",
            #"{"trip":{"failureRate":{"rate":0.5,"time":"10s","minimumCalls":2}}}"#,
            #"{"trip":{"failureRate":{"rate":0.5,"time":"1m","minimumCalls":2}}}"#,
            "closed",
            "open",
            failTwiceWithin30Seconds
        ),
        Effect(
            "trip.failureRate.minimumCalls",
            #"{"trip":{"failureRate":{"rate":0.5,"calls":4}}}"#,
            #"{"trip":{"failureRate":{"rate":0.5,"calls":4,"minimumCalls":2}}}"#,
            "closed",
            "open",
            failTwice
        ),
    ]

    private static let slowCalls = [
        Effect(
            "slowCalls.enabled",
            #"{"slowCalls":{"duration":1,"rate":1,"calls":2}}"#,
            #"{"slowCalls":{"duration":1,"rate":1,"calls":2,"enabled":false}}"#,
            "open",
            "closed",
            takeTwoSecondsTwice
        ),
        Effect(
            "slowCalls.duration",
            #"{"slowCalls":{"duration":10,"rate":1,"calls":2}}"#,
            #"{"slowCalls":{"duration":1,"rate":1,"calls":2}}"#,
            "closed",
            "open",
            takeTwoSecondsTwice
        ),
        Effect(
            "slowCalls.rate",
            #"{"slowCalls":{"duration":1,"rate":1,"calls":2}}"#,
            #"{"slowCalls":{"duration":1,"rate":0.5,"calls":2}}"#,
            "closed",
            "open"
        ) {
            await $0.succeed()
            await $0.take(2)
            return await $0.state()
        },
        Effect(
            "slowCalls.calls",
            #"{"slowCalls":{"duration":1,"rate":1}}"#,
            #"{"slowCalls":{"duration":1,"rate":1,"calls":2}}"#,
            "closed",
            "open",
            takeTwoSecondsTwice
        ),
        Effect(
            "slowCalls.time",
            #"{"slowCalls":{"duration":1,"rate":1,"time":10,"minimumCalls":2}}"#,
            #"{"slowCalls":{"duration":1,"rate":1,"time":60,"minimumCalls":2}}"#,
            "closed",
            "open"
        ) {
            await $0.take(2)
            $0.wait(30)
            await $0.take(2)
            return await $0.state()
        },
        Effect(
            "slowCalls.minimumCalls",
            #"{"slowCalls":{"duration":1,"rate":1,"calls":4}}"#,
            #"{"slowCalls":{"duration":1,"rate":1,"calls":4,"minimumCalls":2}}"#,
            "closed",
            "open",
            takeTwoSecondsTwice
        ),
    ]

    private static let openTimes = [
        Effect("openDuration", #"{"openDuration":10}"#, "1m", "10s", opened),
        Effect(
            "openDuration.exponential.from",
            open("exponential", #""from":1,"upTo":100,"jitter":0"#),
            open("exponential", #""from":2,"upTo":100,"jitter":0"#),
            "1s",
            "2s",
            opened
        ),
        Effect(
            "openDuration.exponential.upTo",
            open("exponential", #""from":8,"upTo":10,"jitter":0"#),
            open("exponential", #""from":8,"upTo":100,"jitter":0"#),
            "10s",
            "16s",
            reopened
        ),
        Effect(
            "openDuration.exponential.factor",
            open("exponential", #""from":8,"upTo":100,"jitter":0"#),
            open("exponential", #""from":8,"upTo":100,"jitter":0,"factor":3"#),
            "16s",
            "24s",
            reopened
        ),
        Effect(
            "openDuration.exponential.jitter",
            open("exponential", #""from":8,"upTo":8,"jitter":0"#),
            open("exponential", #""from":8,"upTo":8"#),
            "whole",
            "part",
            openedShare
        ),
        Effect(
            "openDuration.linear.from",
            open("linear", #""from":1,"step":5,"upTo":100,"jitter":0"#),
            open("linear", #""from":2,"step":5,"upTo":100,"jitter":0"#),
            "1s",
            "2s",
            opened
        ),
        Effect(
            "openDuration.linear.step",
            open("linear", #""from":8,"step":5,"upTo":100,"jitter":0"#),
            open("linear", #""from":8,"step":6,"upTo":100,"jitter":0"#),
            "13s",
            "14s",
            reopened
        ),
        Effect(
            "openDuration.linear.upTo",
            open("linear", #""from":8,"step":5,"upTo":100,"jitter":0"#),
            open("linear", #""from":8,"step":5,"upTo":9,"jitter":0"#),
            "13s",
            "9s",
            reopened
        ),
        Effect(
            "openDuration.linear.jitter",
            open("linear", #""from":8,"step":5,"upTo":8,"jitter":0"#),
            open("linear", #""from":8,"step":5,"upTo":8"#),
            "whole",
            "part",
            openedShare
        ),
        Effect(
            "openDuration.table.delays",
            open("table", #""delays":[1]"#),
            open("table", #""delays":[2]"#),
            "1s",
            "2s",
            opened
        ),
        Effect(
            "openDuration.table.upTo",
            open("table", #""delays":[8]"#),
            open("table", #""delays":[8],"upTo":12"#),
            "8s",
            "12s",
            reopened
        ),
        Effect(
            "openDuration.table.jitter",
            open("table", #""delays":[8]"#),
            open("table", #""delays":[8],"jitter":1"#),
            "whole",
            "part",
            openedShare
        ),
        Effect(
            "attemptDecay",
            open("exponential", #""from":1,"upTo":1000,"factor":10,"jitter":0"#),
            #"{"attemptDecay":"1h","openDuration":{"exponential":{"from":1,"upTo":1000,"factor":10,"jitter":0}}}"#,
            "1s",
            "10s"
        ) {
            await $0.goHalfOpen()
            await $0.fail()
            $0.wait(10)
            await $0.succeed()
            await $0.fail(5)
            return await $0.leftText
        },
        Effect("maxRetryAfter", #"{"maxRetryAfter":100}"#, "5m", "1m40s") {
            await $0.fail(5, with: RetryableError(Broken(), retryAfter: .seconds(1_000)))
            return await $0.leftText
        },
    ]

    private static let probes = [
        Effect("halfOpen.maxProbes", #"{"halfOpen":{"maxProbes":3}}"#, "1", "3") { trial in
            await trial.goHalfOpen()
            var permits = 0
            func take() {
                guard let permit = try? trial.breakers.permit("api") else { return }
                permits += 1
                take()
                permit.ignore()
            }
            take()
            return "\(permits)"
        },
        Effect("halfOpen.successThreshold", #"{"halfOpen":{"successThreshold":2}}"#, "closed", "halfOpen") {
            await $0.goHalfOpen()
            await $0.succeed()
            return await $0.state()
        },
        Effect(
            "halfOpen.failureRate.rate",
            #"{"halfOpen":{"failureRate":{"rate":1,"over":2}}}"#,
            #"{"halfOpen":{"failureRate":{"rate":0.5,"over":2}}}"#,
            "closed",
            "open"
        ) {
            await $0.goHalfOpen()
            await $0.fail()
            await $0.succeed()
            return await $0.state()
        },
        Effect(
            "halfOpen.failureRate.over",
            #"{"halfOpen":{"failureRate":{"rate":0.5,"over":2}}}"#,
            #"{"halfOpen":{"failureRate":{"rate":0.5,"over":1}}}"#,
            "halfOpen",
            "open"
        ) {
            await $0.goHalfOpen()
            await $0.fail()
            return await $0.state()
        },
        Effect("halfOpen.probeTimeout", #"{"halfOpen":{"probeTimeout":5}}"#, "halfOpen", "open", silentProbe),
        Effect(
            "halfOpen.expiredProbe",
            #"{"halfOpen":{"probeTimeout":5}}"#,
            #"{"halfOpen":{"probeTimeout":5,"expiredProbe":"ignored"}}"#,
            "open",
            "halfOpen",
            silentProbe
        ),
        Effect("halfOpen.waitLimit", #"{"halfOpen":{"waitLimit":1}}"#, "CircuitBreakerError", "CancellationError") {
            await $0.goHalfOpen()
            let permit = try $0.breakers.permit("api")
            // One that may wait hears of its cancellation there.
            let result = await $0.cancelledCall()
            permit.ignore()
            return result
        },
        Effect(
            "ramp.enabled",
            #"{"ramp":{"duration":60}}"#,
            #"{"ramp":{"duration":60,"enabled":false}}"#,
            "some",
            "all",
            recover
        ),
        Effect(
            "ramp.duration",
            #"{"ramp":{"duration":60}}"#,
            #"{"ramp":{"duration":1}}"#,
            "some",
            "all",
            recover
        ),
        Effect(
            "ramp.initialShare",
            #"{"ramp":{"duration":60}}"#,
            #"{"ramp":{"duration":60,"initialShare":1}}"#,
            "some",
            "all",
            recover
        ),
    ]

    private static let others = [
        Effect(
            "minTransitionInterval",
            #"{"openDuration":1}"#,
            #"{"openDuration":1,"minTransitionInterval":30}"#,
            "halfOpen",
            "open"
        ) {
            await $0.fail(5)
            $0.wait(1)
            return await $0.state()
        },
        Effect("clearInterval", #"{"clearInterval":10}"#, "open", "closed") {
            await $0.fail(4)
            $0.wait(10)
            await $0.fail(4)
            return await $0.state()
        },
        Effect("lumpingInterval", #"{"lumpingInterval":1}"#, "open", "closed", failFiveTimes),
        Effect("warmUp", #"{"warmUp":60}"#, "open", "closed", failFiveTimes),
        Effect("initialState", #"{"initialState":"forcedOpen"}"#, "closed", "forcedOpen") {
            await $0.succeed()
            return await $0.state()
        },
        Effect("dependsOn", #"{"dependsOn":["db"]}"#, "done", "dependency open") {
            _ = await $0.breakers.admin(.forceOpen("db"))
            return await $0.result()
        },
        Effect("permanentErrors", #"{"permanentErrors":"openUntilReset"}"#, "closed", "open") {
            await $0.fail(with: PermanentError(Broken()))
            return await $0.state()
        },
        Effect("cancellation", #"{"cancellation":"failure"}"#, "closed", "open") { trial in
            for _ in 0..<5 { _ = await trial.cancelledCall() }
            return await trial.state()
        },
        Effect("deadline", #"{"deadline":"ignored"}"#, "open", "closed") {
            await $0.fail(5, with: TimeIsOver())
            return await $0.state()
        },
        Effect("flapping.openings", #"{"flapping":{"openings":2}}"#, "steady", "flapping", openTwice),
        Effect(
            "flapping.within",
            #"{"flapping":{"openings":2}}"#,
            #"{"flapping":{"openings":2,"within":"1m"}}"#,
            "flapping",
            "steady",
            openTwice
        ),
        Effect(
            "flapping.quietChecks",
            #"{"flapping":{"openings":1}}"#,
            #"{"flapping":{"openings":1,"quietChecks":1}}"#,
            "flapping",
            "steady",
            openOnceAndCheck
        ),
        Effect(
            "flapping.checkInterval",
            #"{"flapping":{"openings":1,"quietChecks":1}}"#,
            #"{"flapping":{"openings":1,"quietChecks":1,"checkInterval":"10m"}}"#,
            "steady",
            "flapping",
            openOnceAndCheck
        ),
    ]
}

/// The time of an operation is over.
private struct TimeIsOver: DeadlineError {}

// MARK: - What is tried

@Sendable private func failTwice(_ trial: Trial) async -> String {
    await trial.fail(2)
    return await trial.state()
}

@Sendable private func failFiveTimes(_ trial: Trial) async -> String {
    await trial.fail(5)
    return await trial.state()
}

@Sendable private func failTwiceWithin30Seconds(_ trial: Trial) async -> String {
    await trial.fail()
    trial.wait(30)
    await trial.fail()
    return await trial.state()
}

@Sendable private func takeTwoSecondsTwice(_ trial: Trial) async -> String {
    await trial.take(2, 2)
    return await trial.state()
}

/// How long it is open at first.
@Sendable private func opened(_ trial: Trial) async -> String {
    await trial.fail(5)
    return await trial.leftText
}

/// Whether that is all of its eight seconds.
@Sendable private func openedShare(_ trial: Trial) async -> String {
    await trial.fail(5)
    return await trial.left == .seconds(8) ? "whole" : "part"
}

/// How long it is open the second time.
@Sendable private func reopened(_ trial: Trial) async -> String {
    await trial.goHalfOpen()
    await trial.fail()
    return await trial.leftText
}

@Sendable private func silentProbe(_ trial: Trial) async throws -> String {
    await trial.goHalfOpen()
    let permit = try trial.breakers.permit("api")
    trial.wait(10)
    let state = await trial.state()
    permit.ignore()
    return state
}

/// Whether all calls are let through two seconds after it has closed.
@Sendable private func recover(_ trial: Trial) async -> String {
    await trial.goHalfOpen()
    await trial.succeed()
    trial.wait(2)
    return await trial.succeed(20) == 20 ? "all" : "some"
}

@Sendable private func alarm(_ figures: CircuitFigures?) -> String {
    figures?.isFlapping == true ? "flapping" : "steady"
}

/// Whether it counts as flapping when it has opened twice within 70 seconds.
@Sendable private func openTwice(_ trial: Trial) async -> String {
    await trial.goHalfOpen()
    trial.wait(10)
    await trial.fail()
    return alarm(await trial.breakers.figures(of: "api"))
}

/// Whether it does so still after two checks, of which the second has found it quiet.
@Sendable private func openOnceAndCheck(_ trial: Trial) async throws -> String {
    try await trial.supervised { server in
        for _ in 0..<5 { _ = try? await server.call("api") { throw Broken() } }
        // Two minutes are long enough for its open time and for the check after it.
        for _ in 0..<2 {
            trial.wait(60)
            _ = try await server.states()
        }
        return alarm(try await server.call { $0.figures(of: "api") })
    }
}
