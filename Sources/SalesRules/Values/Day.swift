/// A calendar date between the years 1900 and 2999.
public struct Day: Hashable, Comparable, Sendable {
    /// Days since 1970-01-01.
    public let number: Int

    /// 1970-01-01.
    public static let epoch = Day(number: 0)!

    /// The years that a date may be in.
    public static let years = 1900...2999

    /// Days since 1970-01-01; nil outside of ``years``.
    public init?(number: Int) {
        guard (-25_567...376_199).contains(number) else { return nil }
        self.number = number
    }

    /// Nil when there is no such date.
    public init?(year: Int, month: Int, day: Int) {
        guard Self.years.contains(year), (1...12).contains(month), day >= 1, day <= Month(year: year, month: month).days
        else { return nil }
        number = Self.number(year: year, month: month, day: day)
    }

    /// Reads `YYYY-MM-DD`, and nothing else.
    public init?(utf8 text: UnsafeBufferPointer<UInt8>) {
        guard text.count == 10, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-") else { return nil }
        func digits(_ range: Range<Int>) -> Int? {
            var value = 0
            for byte in text[range] {
                let digit = byte &- UInt8(ascii: "0")
                guard digit <= 9 else { return nil }
                value = value * 10 + Int(digit)
            }
            return value
        }
        guard let year = digits(0..<4), let month = digits(5..<7), let day = digits(8..<10) else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Reads `YYYY-MM-DD`, and nothing else.
    public init?(_ text: String) {
        var text = text
        guard let day = text.withBytes({ Day(utf8: $0) }) else { return nil }
        self = day
    }

    public static func < (left: Day, right: Day) -> Bool { left.number < right.number }

    /// The month of the day.
    public var month: Month {
        let (year, month, _) = parts
        return Month(year: year, month: month)
    }

    /// The year of the day.
    public var year: Int { parts.year }

    /// The number of the day in its year: 0 on 1 January.
    public var ordinal: Int { yearAndOrdinal.ordinal }

    /// ``year`` and ``ordinal`` together: faster, because this runs for every order.
    public var yearAndOrdinal: (year: Int, ordinal: Int) {
        let year = parts.year
        return (year, number - Self.number(year: year, month: 1, day: 1))
    }

    /// How many days later `other` is; negative when it is earlier.
    public func days(until other: Day) -> Int { other.number - number }

    /// Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
    private static func number(year: Int, month: Int, day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = y / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The inverse, from the same source: civil_from_days.
    private var parts: (year: Int, month: Int, day: Int) {
        let z = number + 719_468
        let era = z / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}

extension Day: CustomStringConvertible {
    /// `YYYY-MM-DD`
    public var description: String {
        let (year, month, day) = parts
        return "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
    }
}

/// A month of a year.
public struct Month: Hashable, Sendable, CustomStringConvertible {
    /// The year, as in ``Day/years``.
    public let year: Int
    /// 1 to 12.
    public let month: Int

    /// - Precondition: the month is 1 to 12.
    public init(year: Int, month: Int) {
        precondition((1...12).contains(month))
        self.year = year
        self.month = month
    }

    /// How many days it has.
    public var days: Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// From its first day to its last; nil outside of ``Day/years``.
    public var period: Period? {
        guard let start = Day(year: year, month: month, day: 1), let end = Day(year: year, month: month, day: days)
        else { return nil }
        return Period(start: start, end: end)
    }

    /// `YYYY-MM`
    public var description: String { "\(year)-\(month < 10 ? "0" : "")\(month)" }
}

/// A range of days, both ends included.
public struct Period: Hashable, Sendable {
    /// The first day.
    public let start: Day
    /// The last day, never before the first.
    public let end: Day

    /// Nil when the end is before the start.
    public init?(start: Day, end: Day) {
        guard start <= end else { return nil }
        self.start = start
        self.end = end
    }

    /// How many days it has, at least 1.
    public var days: Int { start.days(until: end) + 1 }

    /// The years from the first day to the last.
    public var years: ClosedRange<Int> { start.year...end.year }

    /// Whether the day is in it.
    public func contains(_ day: Day) -> Bool { start <= day && day <= end }

    /// The days both have; nil when there are none.
    public func intersection(_ other: Period) -> Period? {
        Period(start: max(start, other.start), end: min(end, other.end))
    }
}
