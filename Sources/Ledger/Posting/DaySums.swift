internal import Redis
internal import SalesRules

/// The sum of one day in one shard: of a salesperson, or of everyone.
package struct DaySum: Hashable, Sendable {
    let days: DaysKey
    /// The place of the day in its year.
    let ordinal: Int
}

/// The sums of days as they will be after the changes of a batch that were derived so far (``SumLimits``).
package struct DaySums {
    private let limits: SumLimits
    private var revenue: [DaySum: Int64]
    /// Sums that were needed and not read: read all of ``places``, and derive the batch again.
    private(set) var missing: Set<DaySum> = []

    init(_ revenue: [DaySum: Int64], limits: SumLimits) {
        self.revenue = revenue
        self.limits = limits
    }

    /// What was read, and what is still to be read.
    var places: Set<DaySum> { missing.union(revenue.keys) }

    /// Whether a sum marks its shard.
    var hasHigh: Bool { revenue.values.contains(where: limits.isHigh) }

    /// Replaces what an order counted for by what it counts for now.
    /// - Throws: ``SumTooLarge``; nothing is replaced then.
    mutating func move(
        in tenant: Identifier,
        from before: OrderWorth?,
        to after: OrderWorth?
    ) throws(SumTooLarge) {
        var changes: [DaySum: Int64] = [:]
        func note(_ worth: OrderWorth?, sign: Int64) {
            guard let worth else { return }
            let (year, ordinal) = worth.day.yearAndOrdinal
            func note(_ person: Identifier?, _ amount: Int64) {
                let days = DaysKey(tenant: tenant, person: person, year: year)
                changes[DaySum(days: days, ordinal: ordinal), default: 0] += sign * amount
            }
            for credit in worth.credits { note(credit.salesperson, credit.amount) }
            if let all = worth.tallyOfAll { note(nil, all.revenue) }
        }
        note(before, sign: -1)
        note(after, sign: 1)
        var sums: [DaySum: Int64] = [:]
        // Everyone last, so that the refusal names a salesperson where it can.
        for (place, change) in changes.sorted(by: { $0.key.days.person != nil && $1.key.days.person == nil }) {
            guard let sum = revenue[place] else {
                missing.insert(place)
                continue
            }
            let (new, overflows) = sum.addingReportingOverflow(change)
            guard !overflows, new.magnitude <= limits.greatest.magnitude else {
                throw SumTooLarge(person: place.days.person, day: (after ?? before)?.day ?? .epoch)
            }
            sums[place] = new
        }
        revenue.merge(sums) { $1 }
    }
}

extension DaySums {
    /// Appends the reads, one for each place.
    static func append(
        readsOf places: [DaySum],
        shard: Int,
        keys: KeySpace,
        to pipeline: inout RedisPipeline
    ) {
        for place in places {
            pipeline.append(
                PackedTallies.read(key: keys.days(place.days, shard: shard), place.ordinal...place.ordinal)
            )
        }
    }

    /// - Parameter replies: one for each place.
    init(_ places: [DaySum], _ replies: some Sequence<RedisValue>, limits: SumLimits) throws(LedgerError) {
        var revenue: [DaySum: Int64] = [:]
        for (place, reply) in zip(places, replies) {
            let bytes = try reply.optionalBytes("GETRANGE") ?? []
            revenue[place] = PackedTallies.sum(bytes).tally.revenue
        }
        self.init(revenue, limits: limits)
    }
}
