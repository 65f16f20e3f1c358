internal import SalesRules

/// Splits a period into the years whose keys have the tallies of its days.
enum PersonDays {
    struct Part {
        let key: DaysKey
        /// The places of the days in the year's tallies.
        let places: ClosedRange<Int>
        let firstDay: Day
    }

    /// - Parameter person: nil for everyone together.
    static func parts(tenant: Identifier, person: Identifier?, period: Period) -> [Part] {
        period.years.compactMap { year in
            guard let first = Day(year: year, month: 1, day: 1), let last = Day(year: year, month: 12, day: 31),
                let part = Period(start: first, end: last)?.intersection(period)
            else { return nil }
            return Part(
                key: DaysKey(tenant: tenant, person: person, year: year),
                places: part.start.ordinal...part.end.ordinal,
                firstDay: part.start
            )
        }
    }
}
