import Testing

@testable import CircuitBreakers

@Suite("Durations as texts")
struct DurationTextTests {
    @Test(
        "B24 a duration is read to the nanosecond",
        arguments: [
            ("500ms", .milliseconds(500)), ("30s", .seconds(30)), ("5m", .seconds(300)), ("1h30m", .seconds(5_400)),
            ("1.5s", .milliseconds(1_500)), ("2d", .seconds(172_800)), ("1m30s5ms", .milliseconds(90_005)),
            ("7us", .microseconds(7)), ("7µs", .microseconds(7)), ("3ns", .nanoseconds(3)), ("30", .seconds(30)),
            ("0.25", .milliseconds(250)), ("0s", .zero), ("-2s", .seconds(-2)), ("0.0000000019s", .nanoseconds(1)),
        ] as [(String, Duration)]
    )
    func read(text: String, duration: Duration) {
        #expect(DurationText.duration(text) == duration)
    }

    @Test(
        "B24 what is no duration, or too long to count, is none",
        arguments: [
            "", "-", "s", "30 s", "30x", "1m1h", "1s1s", "1.2.3s", ".5s", "5.s", "--1s", "1s-1s", "٣s", "1e3", "off",
            "106752d", "9223372036854775808ns", "9999999999999999999s",
        ]
    )
    func none(text: String) {
        #expect(DurationText.duration(text) == nil)
    }

    @Test(
        "B24 a duration is written so that it reads as the same",
        arguments: [
            (.milliseconds(500), "500ms"), (.seconds(90), "1m30s"), (.seconds(86_400), "1d"), (.zero, "0s"),
            (.milliseconds(-1_500), "-1s500ms"), (.nanoseconds(1_000_000_001), "1s1ns"),
            (.nanoseconds(Int64.max), "106751d23h47m16s854ms775us807ns"),
        ] as [(Duration, String)]
    )
    func written(duration: Duration, text: String) {
        #expect(DurationText.text(duration) == text)
        #expect(DurationText.duration(text) == duration)
    }

    @Test("B24 a number is seconds, and one that is too large is no duration")
    func numbers() {
        #expect(DurationText.duration(seconds: 0.1) == .milliseconds(100))
        #expect(DurationText.duration(seconds: 1e10) == nil)
        #expect(DurationText.duration(seconds: .nan) == nil)
        #expect(DurationText.duration(seconds: .infinity) == nil)
    }
}
