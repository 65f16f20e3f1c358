internal import Redis
internal import SalesRules

/// The changes of one posting to people's days: tallies, and orders in indexes. Each day is written once.
///
/// This runs for every order, so it avoids an array for each day: years, days and orders are in one array each, and the
/// elements that belong together are linked lists of indexes into these arrays.
struct DayChanges {
    /// By the digest of the key.
    private var placesOfYears = NumberTable(capacity: 512)
    private var years: [YearChanges] = []
    /// By the place of the year and the ordinal of the day.
    private var placesOfDays = NumberTable(capacity: 1_024)
    private var days: [DayChange] = []
    private var entered: [Entered] = []
    private var left: [Left] = []

    /// The end of a linked list.
    private static let none = -1

    private struct YearChanges {
        let key: DaysKey
        /// The head of the list of its days.
        var lastDay: Int
    }

    private struct DayChange {
        let day: Day
        let ordinal: Int
        let nextOfYear: Int
        var tally = Tally.zero
        /// The heads of the lists of its orders.
        var lastEntered = DayChanges.none
        var lastLeft = DayChanges.none
    }

    private struct Entered {
        let order: Identifier
        let isSplit: Bool
        let nextOfDay: Int
    }

    private struct Left {
        let order: Identifier
        let nextOfDay: Int
    }

    var isEmpty: Bool { days.isEmpty }

    /// Whether a sum changes by at least this much.
    func hasChange(of amount: Int64) -> Bool { days.contains { $0.tally.revenue.magnitude >= amount.magnitude } }

    /// The sums that change.
    var sums: [DaySum] {
        var sums: [DaySum] = []
        for year in years {
            forEachDay(of: year) { sums.append(DaySum(days: year.key, ordinal: $0.ordinal)) }
        }
        return sums
    }

    /// For each year the range from the first changed day to the last.
    var announced: [Announcement.Days] {
        years.map { year in
            var (first, last) = (Int.max, Int.min)
            forEachDay(of: year) { day in
                first = min(first, day.ordinal)
                last = max(last, day.ordinal)
            }
            return Announcement.Days(key: year.key, ordinals: first...last)
        }
    }

    /// Removes what the order counted for before.
    mutating func remove(_ worth: OrderWorth, of order: TenantScoped) {
        for credit in worth.credits {
            let place = place(of: credit.salesperson, order.tenant, worth.day)
            days[place].tally -= Tally(revenue: credit.amount, orders: 1)
            left.append(Left(order: order.id, nextOfDay: days[place].lastLeft))
            days[place].lastLeft = left.count - 1
        }
        if let all = worth.tallyOfAll { days[place(of: nil, order.tenant, worth.day)].tally -= all }
    }

    /// Adds what the order counts for now. Call ``remove(_:of:)`` first for what it counted for before.
    mutating func enter(_ worth: OrderWorth, of order: TenantScoped) {
        let isSplit = worth.credits.count > 1
        for credit in worth.credits {
            let place = place(of: credit.salesperson, order.tenant, worth.day)
            days[place].tally += Tally(revenue: credit.amount, orders: 1)
            let lastLeft = days[place].lastLeft
            if lastLeft != Self.none, left[lastLeft].order == order.id {
                days[place].lastLeft = left[lastLeft].nextOfDay
            }
            entered.append(Entered(order: order.id, isSplit: isSplit, nextOfDay: days[place].lastEntered))
            days[place].lastEntered = entered.count - 1
        }
        if let all = worth.tallyOfAll { days[place(of: nil, order.tenant, worth.day)].tally += all }
    }

    /// - Parameter person: nil for everyone together.
    private mutating func place(of person: Identifier?, _ tenant: Identifier, _ day: Day) -> Int {
        let (yearNumber, ordinal) = day.yearAndOrdinal
        let year = placeOfYear(DaysKey(tenant: tenant, person: person, year: yearNumber))
        let place = placesOfDays.number(of: UInt64(year) << 9 | UInt64(ordinal), orNew: days.count)
        if place == days.count {
            days.append(DayChange(day: day, ordinal: ordinal, nextOfYear: years[year].lastDay))
            years[year].lastDay = place
        }
        return place
    }

    private mutating func placeOfYear(_ key: DaysKey) -> Int {
        let place = placesOfYears.number(of: key.digest >> 1, orNew: years.count)
        if place < years.count {
            if years[place].key == key { return place }
            // Another key with the same digest: once in years of full load.
            if let known = years.firstIndex(where: { $0.key == key }) { return known }
        }
        years.append(YearChanges(key: key, lastDay: Self.none))
        return years.count - 1
    }

    /// Calls `body` with each day of a year.
    private func forEachDay(of year: YearChanges, _ body: (DayChange) -> Void) {
        var place = year.lastDay
        while place != Self.none {
            body(days[place])
            place = days[place].nextOfYear
        }
    }

    /// Appends the commands that write the changes.
    func append(to pipeline: inout RedisPipeline, keys: KeySpace, shard: Int) {
        var command = RedisCommand("")
        for year in years {
            command.restart("BITFIELD")
            keys.append(daysOf: year.key, shard: shard, to: &command)
            PackedTallies.refuseOverflow(&command)
            let empty = command.argumentCount
            forEachDay(of: year) { PackedTallies.appendIncrement($0.tally, at: $0.ordinal, to: &command) }
            if command.argumentCount > empty { pipeline.append(command) }
            guard let person = year.key.person else { continue }
            forEachDay(of: year) {
                appendIndex($0, year.key.tenant, person, keys, shard, using: &command, to: &pipeline)
            }
        }
    }

    private func appendIndex(
        _ change: DayChange,
        _ tenant: Identifier,
        _ person: Identifier,
        _ keys: KeySpace,
        _ shard: Int,
        using command: inout RedisCommand,
        to pipeline: inout RedisPipeline
    ) {
        if change.lastEntered != Self.none {
            command.restart("HSET")
            keys.append(indexOf: person, tenant: tenant, day: change.day, shard: shard, to: &command)
            var place = change.lastEntered
            while place != Self.none {
                command.append(entered[place].order.rawValue)
                command.append(entered[place].isSplit ? IndexMark.split : IndexMark.single)
                place = entered[place].nextOfDay
            }
            pipeline.append(command)
        }
        if change.lastLeft != Self.none {
            command.restart("HDEL")
            keys.append(indexOf: person, tenant: tenant, day: change.day, shard: shard, to: &command)
            var place = change.lastLeft
            while place != Self.none {
                command.append(left[place].order.rawValue)
                place = left[place].nextOfDay
            }
            pipeline.append(command)
        }
    }
}
