internal import Foundation
internal import SalesRules

/// A time in UTC, in the form that databases use: `YYYY-MM-DD HH:MM:SS`.
struct UTCTime {
    private let day: Day
    /// Since midnight.
    private let seconds: Int

    init?(utf8 text: UnsafeBufferPointer<UInt8>) {
        guard text.count == 19, text[10] == UInt8(ascii: " "), text[13] == UInt8(ascii: ":"),
            text[16] == UInt8(ascii: ":"), let day = Day(utf8: UnsafeBufferPointer(rebasing: text[..<10]))
        else { return nil }
        func number(at index: Int, below limit: Int) -> Int? {
            let (tens, ones) = (text[index] &- UInt8(ascii: "0"), text[index + 1] &- UInt8(ascii: "0"))
            guard tens <= 9, ones <= 9, case let value = Int(tens) * 10 + Int(ones), value < limit else { return nil }
            return value
        }
        guard let hour = number(at: 11, below: 24), let minute = number(at: 14, below: 60),
            let second = number(at: 17, below: 60)
        else { return nil }
        self.day = day
        seconds = hour * 3_600 + minute * 60 + second
    }

    /// The date in this time zone; nil outside of ``Day/years``.
    func day(in zone: TimeZone) -> Day? {
        let utc = day.number * 86_400 + seconds
        let local = utc + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(utc)))
        let (days, rest) = local.quotientAndRemainder(dividingBy: 86_400)
        return Day(number: rest < 0 ? days - 1 : days)
    }
}
