import Model
import SalesRules
import Testing

@Suite("Days, months and periods")
struct DayTests {
    @Test("Every day from 1900 to 2999 can be made from its number, its parts and its text")
    func everyDay() throws {
        var number = -25_567
        for year in Day.years {
            let isLeap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
            var ordinal = 0
            for (month, days) in zip(1..., [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
                for dayOfMonth in 1...days {
                    let day = try #require(Day(year: year, month: month, day: dayOfMonth))
                    // No #expect for each day: that would take minutes.
                    let isRight =
                        day.number == number && Day(number: number) == day && day.year == year
                        && day.ordinal == ordinal && day.month == Month(year: year, month: month)
                        && Day(day.description) == day
                    if !isRight { Issue.record("\(year)-\(month)-\(dayOfMonth) became \(day)") }
                    number += 1
                    ordinal += 1
                }
                #expect(Day(year: year, month: month, day: days + 1) == nil)
            }
        }
        #expect(Day(number: number) == nil)
        #expect(Day(number: -25_568) == nil)
        #expect(day("1970-01-01").number == 0)
    }

    @Test(
        "An invalid date is refused",
        arguments: [
            "", "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-1-01", "26-01-01", "2026-01-1",
            "2026/01/01",
            "2026-01-01T00:00:00Z", " 2026-01-01", "1899-12-31", "3000-01-01", "2026-01-0a", "+026-01-01", "２026-01-01",
        ]
    )
    func notADate(text: String) {
        #expect(Day(text) == nil)
    }

    @Test("A date is written with leading zeros")
    func texts() {
        #expect(Day(year: 2026, month: 3, day: 4)?.description == "2026-03-04")
        #expect(Month(year: 2026, month: 3).description == "2026-03")
        #expect(Month(year: 2026, month: 12).description == "2026-12")
    }

    @Test("A period includes both of its ends")
    func periods() throws {
        let march = try #require(Month(year: 2026, month: 3).period)
        #expect(march == period("2026-03-01", "2026-03-31"))
        #expect(march.days == 31)
        #expect(march.contains(day("2026-03-01")) && march.contains(day("2026-03-31")))
        #expect(!march.contains(day("2026-02-28")) && !march.contains(day("2026-04-01")))
        #expect(Period(start: day("2026-03-02"), end: day("2026-03-01")) == nil)
        #expect(period("2026-03-02", "2026-03-02").days == 1)
        #expect(period("2025-12-31", "2027-01-01").years == 2025...2027)
    }

    @Test("The intersection of two periods is the days in both")
    func intersections() {
        let march = period("2026-03-01", "2026-03-31")
        #expect(march.intersection(period("2026-03-31", "2026-05-01")) == period("2026-03-31", "2026-03-31"))
        #expect(march.intersection(period("2026-04-01", "2026-05-01")) == nil)
        #expect(march.intersection(period("2026-01-01", "2026-12-31")) == march)
    }
}
