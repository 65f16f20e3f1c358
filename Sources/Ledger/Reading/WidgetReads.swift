internal import Redis
package import SalesRules

/// The widget's two lines, by month, in the measure's unit.
package struct YearResult: Sendable {
    /// The goals of the twelve months.
    package let goals: [Int64]
    /// The results of the twelve months.
    package let results: [Int64]
}

extension LedgerReader {
    /// A year of one salesperson.
    /// - Parameter person: nil for everyone together.
    package func year(
        _ year: Int,
        of person: Identifier?,
        tenant: Identifier,
        measure: Measure
    ) async throws(LedgerError) -> YearResult {
        let shards = keys.shards
        let days = DaysKey(tenant: tenant, person: person, year: year)
        let (catalogs, replies) = try await read(of: tenant) { [keys] (_) throws(LedgerError) in
            (0..<shards).map { PackedTallies.read(key: keys.days(days, shard: $0), 0...365) }
        }
        var tallies = Array(repeating: TallySum.zero, count: 366)
        for reply in replies {
            PackedTallies.add(try reply.optionalBytes("GETRANGE") ?? [], to: &tallies[...])
        }
        let goals =
            if let person {
                catalogs[tenant].monthGoals(of: person, year: year, measure: measure)
            } else {
                await monthGoalsOfAll(.init(tenant: tenant, year: year, measure: measure), in: catalogs)
            }
        let results = (1...12).map { month in
            guard let period = Month(year: year, month: month).period else { return Int64(0) }
            return tallies[period.start.ordinal...period.end.ordinal].reduce(into: .zero, +=).tally.quantity(measure)
        }
        return YearResult(goals: goals, results: results)
    }
}
