import Testing

@testable import CircuitBreakers

@Suite("Settings are read and written")
struct SettingsCodingTests {
    /// A value of each key that may stand beside the others, or instead of them.
    private static let everything = [
        #"{"trip":{"consecutiveFailures":3}}"#,
        #"{"trip":{"failures":{"count":3,"within":"10s"}}}"#,
        #"{"trip":{"failureRate":{"calls":100,"minimumCalls":20,"rate":0.5}}}"#,
        #"{"trip":{"failureRate":{"minimumCalls":20,"rate":0.5,"time":"1m"}}}"#,
        #"{"slowCalls":{"calls":50,"duration":"1s","enabled":true,"minimumCalls":5,"rate":0.25}}"#,
        #"{"slowCalls":{"duration":"1s","rate":0.25,"time":"30s"}}"#,
        #"{"openDuration":"30s"}"#,
        #"{"openDuration":{"exponential":{"factor":3,"from":"1s","jitter":0.5,"upTo":"5m"}}}"#,
        #"{"openDuration":{"linear":{"from":"1s","jitter":0,"step":"2s","upTo":"5m"}}}"#,
        #"{"openDuration":{"table":{"delays":["1s","5s"],"jitter":0.5,"upTo":"1m"}}}"#,
        #"{"attemptDecay":"10m","clearInterval":"off","maxRetryAfter":"1m"}"#,
        #"{"halfOpen":{"expiredProbe":"ignored","maxProbes":2,"probeTimeout":"5s","successThreshold":2,"waitLimit":9}}"#,
        #"{"halfOpen":{"failureRate":{"over":4,"rate":0.5}}}"#,
        #"{"ramp":{"duration":"1m","enabled":true,"initialShare":0.25}}"#,
        #"{"lumpingInterval":"100ms","minTransitionInterval":"1s","warmUp":"30s"}"#,
        #"{"dependsOn":["db","cache"],"initialState":"forcedOpen"}"#,
        #"{"cancellation":"failure","deadline":"ignored","permanentErrors":"openUntilReset"}"#,
        #"{"flapping":{"checkInterval":"10s","openings":4,"quietChecks":2,"within":"1m"}}"#,
        "{}",
    ]

    @Test("B24 K123 what is read is written as it was", arguments: everything)
    func roundTrip(text: String) throws {
        #expect(try json(decode(CircuitSettings.self, text)) == text)
    }

    @Test("B24 the texts above have every key")
    func complete() throws {
        let all = try Self.everything.map { try decode(CircuitSettings.self, $0) }
        for key in CircuitSettings.keys {
            #expect(all.contains(where: key.isSet), "\(key.path)")
        }
    }

    @Test("B24 every value of the settings has a key")
    func keysOfAllValues() {
        let values = Self.paths(of: CircuitSettings())
        let keys = CircuitSettings.keys.map { $0.path == "openDuration" ? "openDuration.constant" : $0.path }
        #expect(Set(values) == Set(keys))
        #expect(values.count == keys.count)
    }

    /// The names of all optional values, with the names around them.
    private static func paths(of value: Any) -> [String] {
        Mirror(reflecting: value).children.flatMap { child -> [String] in
            let name = child.label ?? ""
            if Mirror(reflecting: child.value).displayStyle == .optional { return [name] }
            return paths(of: child.value).map { "\(name).\($0)" }
        }
    }

    @Test("B24 numbers of seconds are durations too, `off` may be false as YAML has it, and null says nothing")
    func otherSpellings() throws {
        let settings = try decode(
            CircuitSettings.self,
            #"{"openDuration": 1.5, "warmUp": 2, "clearInterval": false, "trip": null, "ramp": {"initialShare": 1}}"#
        )
        #expect(settings.openDuration.constant == .milliseconds(1_500))
        #expect(settings.warmUp == .seconds(2))
        #expect(settings.clearInterval == .off)
        #expect(settings.trip == .init())
        #expect(settings.ramp.initialShare == 1)
    }

    @Test(
        "B24 an unknown key is an error that names it with its path and lists the known ones",
        arguments: [
            (#"{"tirp":{}}"#, "tirp", "attemptDecay, cancellation, clearInterval"),
            (#"{"trip":{"failureRate":{"rat":1}}}"#, "trip.failureRate.rat", "one of calls, minimumCalls, rate, time"),
            (#"{"trip":{"failureRate":{"rate":{"x":1}}}}"#, "trip.failureRate.rate", "a number"),
            (#"{"halfOpen":{"Probes":null}}"#, "halfOpen.Probes", "maxProbes"),
        ]
    )
    func unknown(text: String, key: String, known: String) throws {
        let invalid = try invalidSetting(CircuitSettings.self, text)
        #expect(invalid.key == key)
        #expect(invalid.allowed.contains(known))
        #expect(!invalid.remedy.isEmpty)
    }

    @Test(
        "B24 a value of another kind is an error with the key, the value and what is expected",
        arguments: [
            (#"{"trip":{"consecutiveFailures":"5"}}"#, "trip.consecutiveFailures", #""5""#, "a whole number"),
            (#"{"trip":{"consecutiveFailures":5.5}}"#, "trip.consecutiveFailures", "5.5", "a whole number"),
            (#"{"trip":{"consecutiveFailures":null}}"#, "trip.consecutiveFailures", "empty", "a whole number"),
            (#"{"trip":5}"#, "trip", "5", "a section with consecutiveFailures, failureRate, failures"),
            (#"{"openDuration":"30 s"}"#, "openDuration", #""30 s""#, #"a duration such as "500ms""#),
            (#"{"openDuration":true}"#, "openDuration", "true", #"a duration such as "500ms""#),
            (#"{"attemptDecay":"of"}"#, "attemptDecay", #""of""#, #"or "off""#),
            (#"{"cancellation":"fail"}"#, "cancellation", #""fail""#, "one of success, failure, ignored"),
            (#"{"dependsOn":"db"}"#, "dependsOn", #""db""#, "a list, of each the name of a service"),
            (#"{"dependsOn":["db",""]}"#, "dependsOn", #"["db", ""]"#, "a list, of each the name of a service"),
            (#"{"ramp":{"enabled":1}}"#, "ramp.enabled", "1", "true or false"),
            (#"[1]"#, "", "[1]", "a section with"),
        ]
    )
    func otherKind(text: String, key: String, value: String, allowed: String) throws {
        let invalid = try invalidSetting(CircuitSettings.self, text)
        #expect(invalid.key == key)
        #expect(invalid.value == value)
        #expect(invalid.allowed.contains(allowed))
    }

    @Test(
        "B24 two ways to say the same thing are an error that names both",
        arguments: [
            (#"{"trip":{"consecutiveFailures":3,"failures":{"count":3}}}"#, "trip.consecutiveFailures"),
            (#"{"trip":{"failureRate":{"rate":1,"calls":3,"time":"3s"}}}"#, "trip.failureRate.calls"),
            (#"{"slowCalls":{"calls":3,"time":"3s"}}"#, "slowCalls.calls"),
            (#"{"halfOpen":{"successThreshold":3,"failureRate":{"over":3}}}"#, "halfOpen.successThreshold"),
            (
                #"{"openDuration":{"linear":{"from":"1s"},"exponential":{"from":"1s"}}}"#,
                "openDuration.exponential.from"
            ),
        ]
    )
    func twoWays(text: String, other: String) throws {
        let invalid = try invalidSetting(CircuitSettings.self, text)
        #expect(invalid.value == "there beside \(other)")
        #expect(invalid.allowed == "one of the two")
    }

    @Test("B24 settings laid over others replace what they say, and the other ways to say it")
    func laidOver() throws {
        let lower = try decode(
            CircuitSettings.self,
            #"{"trip":{"failureRate":{"rate":0.5,"calls":100,"minimumCalls":10}},"openDuration":"30s","warmUp":"1s"}"#
        )
        let window = try decode(CircuitSettings.self, #"{"trip":{"failureRate":{"time":"1m"}}}"#)
        let merged = window.laid(over: lower)
        #expect(merged.trip.failureRate.time == .seconds(60))
        #expect(merged.trip.failureRate.calls == nil)
        #expect(merged.trip.failureRate.rate == 0.5)
        #expect(merged.trip.failureRate.minimumCalls == 10)
        #expect(merged.warmUp == .seconds(1))
        let count = try decode(CircuitSettings.self, #"{"trip":{"consecutiveFailures":3},"warmUp":0}"#)
        #expect(
            try json(count.laid(over: merged))
                == #"{"openDuration":"30s","trip":{"consecutiveFailures":3},"warmUp":"0s"}"#
        )
        #expect(CircuitSettings().laid(over: lower) == lower)
    }
}
