import Testing

@testable import Supervision

@Suite("Instants and durations")
struct RuntimeInstantTests {
    static let huge = Duration.seconds(Int64.max)

    @Test("An instant moves by a duration, and a duration leads back")
    func arithmetic() {
        let start = RuntimeInstant.seconds(10)
        #expect(start.advanced(by: .milliseconds(1_500)).nanoseconds == 11_500_000_000)
        #expect(start.advanced(by: .seconds(-20)).nanoseconds == -10_000_000_000)
        #expect(start.duration(to: .seconds(12)) == .seconds(2))
        #expect(start.duration(to: .origin) == .seconds(-10))
        #expect(RuntimeInstant.origin < start)
        #expect(start < .distantFuture)
    }

    @Test("Arithmetic is held at the ends of what can be represented, and never traps")
    func saturation() {
        let past = RuntimeInstant(nanoseconds: .min)
        #expect(RuntimeInstant.origin.advanced(by: Self.huge) == .distantFuture)
        #expect(RuntimeInstant.seconds(1).advanced(by: Self.huge) == .distantFuture)
        #expect(RuntimeInstant.distantFuture.advanced(by: .nanoseconds(1)) == .distantFuture)
        #expect(RuntimeInstant.origin.advanced(by: .zero - Self.huge) == past)
        #expect(past.advanced(by: .seconds(-1)) == past)
        #expect(past.duration(to: .distantFuture) == .nanoseconds(Int64.max))
        #expect(RuntimeInstant.distantFuture.duration(to: past) == .nanoseconds(Int64.min))
    }

    static let nanosecondCases: [(Duration, Int64)] = [
        (.zero, 0), (.nanoseconds(1), 1), (.nanoseconds(-1), -1), (.seconds(-2), -2_000_000_000),
        (.milliseconds(1_500), 1_500_000_000), (huge, .max), (.zero - huge, .min),
        (Duration(secondsComponent: 9_223_372_036, attosecondsComponent: 900_000_000_000_000_000), .max),
        (Duration(secondsComponent: -9_223_372_036, attosecondsComponent: -900_000_000_000_000_000), .min),
        (Duration(secondsComponent: 9_223_372_036, attosecondsComponent: 854_775_807_000_000_000), .max),
        (Duration(secondsComponent: 0, attosecondsComponent: 999_999_999), 0),
    ]

    @Test("A duration in nanoseconds is held at the ends of Int64", arguments: nanosecondCases)
    func nanoseconds(duration: Duration, expected: Int64) {
        #expect(duration.saturatedNanoseconds == expected)
    }

    @Test(
        "A duration reads in the unit that suits it, rounded down",
        arguments: [
            (Duration.zero, "0 s"), (.nanoseconds(1), "1 ns"), (.nanoseconds(999), "999 ns"),
            (.nanoseconds(1_000), "1 µs"), (.nanoseconds(1_234), "1.23 µs"), (.nanoseconds(1_239), "1.23 µs"),
            (.nanoseconds(12_345), "12.3 µs"), (.nanoseconds(123_456), "123 µs"),
            (.nanoseconds(999_999), "999 µs"), (.milliseconds(1), "1 ms"), (.milliseconds(250), "250 ms"),
            (.microseconds(1_050), "1.05 ms"), (.microseconds(1_005), "1 ms"), (.microseconds(10_050), "10 ms"),
            (.milliseconds(1_500), "1.5 s"), (.seconds(5), "5 s"), (.milliseconds(12_340), "12.3 s"),
            (.milliseconds(119_999), "119 s"), (.seconds(120), "2 min"), (.seconds(125), "2 min 5 s"),
            (.seconds(3_599), "59 min 59 s"), (.seconds(3_600), "1 h 0 min"), (.seconds(5_430), "1 h 30 min"),
            (.milliseconds(-1_500), "-1.5 s"), (huge, "2562047 h 47 min"), (.zero - huge, "-2562047 h 47 min"),
        ]
    )
    func text(duration: Duration, expected: String) {
        #expect(duration.shortDescription == expected)
    }

    @Test("An instant reads as the time since the origin")
    func instantText() {
        #expect(RuntimeInstant.seconds(90).description == "90 s after the origin")
    }

    @Test("The machine's clock never goes back, and begins after its origin")
    func systemClock() {
        let clock = SystemClock()
        var last = clock.now
        #expect(last >= .origin)
        for _ in 0..<1_000 {
            let now = clock.now
            #expect(now >= last)
            last = now
        }
    }
}
