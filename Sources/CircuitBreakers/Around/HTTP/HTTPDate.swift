/// The dates of HTTP, read without a calendar, a locale or a time zone: they are all in GMT (RFC 9110, 5.6.7).
public enum HTTPDate {
    /// The seconds since 1970 began, of a date in one of the three formats of HTTP; nil when it is none of them.
    ///
    /// - `Sun, 06 Nov 1994 08:49:37 GMT`
    /// - `Sunday, 06-Nov-94 08:49:37 GMT`: a year that seems to be more than 50 years after `now` is one of the past
    ///   with the same last two digits.
    /// - `Sun Nov  6 08:49:37 1994`
    ///
    /// The name of the day must be one, but need not be the right one.
    ///
    /// - Parameters:
    ///   - text: the date, as a header has it.
    ///   - now: the seconds since 1970 began.
    public static func secondsSinceEpoch(_ text: String, now: Int64) -> Int64? {
        // No date of HTTP is outside of the years 0 to 9999, and no arithmetic overflows within them.
        let now = min(max(now, -62_167_219_200), 253_402_300_799)
        let words = text.utf8.split(separator: UInt8(ascii: " ")).map { Array($0) }
        return fixed(words) ?? rfc850(words, now: now) ?? asctime(words)
    }

    private static func fixed(_ words: [[UInt8]]) -> Int64? {
        guard words.count == 6, isDay(words[0], in: days, followedByComma: true), isGMT(words[5]) else { return nil }
        return seconds(
            year: number(words[3], digits: 4),
            month: month(words[2]),
            day: number(words[1], digits: 2),
            time: time(words[4])
        )
    }

    private static func rfc850(_ words: [[UInt8]], now: Int64) -> Int64? {
        guard words.count == 4, isDay(words[0], in: longDays, followedByComma: true), isGMT(words[3]) else {
            return nil
        }
        let date = words[1].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).map { Array($0) }
        guard date.count == 3, let shortYear = number(date[2], digits: 2) else { return nil }
        let (month, day, time) = (month(date[1]), number(date[0], digits: 2), time(words[2]))
        let century = CivilDate.year(of: now) / 100 * 100
        let limit = now + CivilDate.fiftyYears
        // The next century first: it is right when it is no more than fifty years away.
        for year in [century + 100 + shortYear, century + shortYear] {
            if let seconds = seconds(year: year, month: month, day: day, time: time), seconds <= limit {
                return seconds
            }
        }
        return seconds(year: century - 100 + shortYear, month: month, day: day, time: time)
    }

    private static func asctime(_ words: [[UInt8]]) -> Int64? {
        guard words.count == 5, isDay(words[0], in: days, followedByComma: false) else { return nil }
        return seconds(
            year: number(words[4], digits: 4),
            month: month(words[1]),
            day: number(words[2], digits: words[2].count == 1 ? 1 : 2),
            time: time(words[3])
        )
    }

    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let longDays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func isDay(_ word: [UInt8], in names: [String], followedByComma: Bool) -> Bool {
        names.contains { word.elementsEqual(($0 + (followedByComma ? "," : "")).utf8) }
    }

    private static func isGMT(_ word: [UInt8]) -> Bool { word.elementsEqual("GMT".utf8) }

    private static func month(_ word: [UInt8]) -> Int64? {
        months.firstIndex { word.elementsEqual($0.utf8) }.map { Int64($0 + 1) }
    }

    /// A number of exactly so many digits, which are few.
    private static func number(_ word: some Collection<UInt8>, digits: Int) -> Int64? {
        guard word.count == digits else { return nil }
        return HTTPNumber.parse(word)
    }

    /// The seconds since midnight. The 60th second is a leap second, and counts as the first of the next minute.
    private static func time(_ word: [UInt8]) -> Int64? {
        let parts = word.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 3,
            let hour = number(parts[0], digits: 2), hour < 24,
            let minute = number(parts[1], digits: 2), minute < 60,
            let second = number(parts[2], digits: 2), second <= 60
        else { return nil }
        return hour * 3_600 + minute * 60 + second
    }

    private static func seconds(year: Int64?, month: Int64?, day: Int64?, time: Int64?) -> Int64? {
        guard let year, let month, let day, let time else { return nil }
        return CivilDate.days(year: year, month: month, day: day).map { $0 * CivilDate.secondsPerDay + time }
    }
}

/// The calendar that HTTP dates are in.
enum CivilDate {
    static let secondsPerDay: Int64 = 86_400
    /// Fifty years of average length.
    static let fiftyYears: Int64 = 50 * 31_556_952

    /// The days from 1970-01-01 to a date; nil when there is no such date.
    ///
    /// Years begin in March here, so that the leap day is the last of its year.
    static func days(year: Int64, month: Int64, day: Int64) -> Int64? {
        guard (1...12).contains(month), day >= 1, day <= daysIn(month: month, year: year) else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func daysIn(month: Int64, year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// The year that a moment lies in.
    static func year(of secondsSinceEpoch: Int64) -> Int64 {
        // The average year is right but for days around its ends, which the loops mend.
        var year = 1_970 + secondsSinceEpoch / 31_556_952
        let day = (secondsSinceEpoch - (secondsSinceEpoch < 0 ? secondsPerDay - 1 : 0)) / secondsPerDay
        while let first = days(year: year, month: 1, day: 1), first > day { year -= 1 }
        while let next = days(year: year + 1, month: 1, day: 1), next <= day { year += 1 }
        return year
    }
}

/// Numbers as HTTP writes them: digits, and nothing else.
enum HTTPNumber {
    /// Held at the largest number there is.
    static func parse(_ digits: some Collection<UInt8>) -> Int64? {
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = tens.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
            value = overflow || sumOverflow ? .max : sum
        }
        return value
    }
}
