internal import Redis
internal import SalesRules

/// The changes of one posting to people's days: tallies, and orders in indexes. Each day is written once.
///
/// This runs for every order, so it avoids an array for each day: years, days and orders are in one array each, and the
/// elements that belong together are linked lists of indexes into these arrays.
struct DayChanges {
    private var placesOfYears: [DaysKey: Int] = [:]
    private var years: [YearChanges] = []
    private var placesOfDays: [DayOfYear: Int] = [:]
    private var days: [DayChange] = []
    private var entered: [Entered] = []
    private var left: [Left] = []

    /// The end of a linked list.
    private static let none = -1

    private struct DayOfYear: Hashable {
        let year: Int
        let ordinal: Int
    }

    private struct YearChanges {
        let key: DaysKey
        /// The head of the list of its days.
        var lastDay: Int
    }

    private struct DayChange {
        let day: Day
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

    init() {
        placesOfYears.reserveCapacity(512)
        placesOfDays.reserveCapacity(1_024)
    }

    var isEmpty: Bool { days.isEmpty }

    /// Whether a sum changes by at least this much.
    func hasChange(of amount: Int64) -> Bool { days.contains { $0.tally.revenue.magnitude >= amount.magnitude } }

    /// The sums that change.
    var sums: [DaySum] {
        years.flatMap { year in
            chain(year.lastDay, { days[$0].nextOfYear }).map { DaySum(days: year.key, ordinal: days[$0].day.ordinal) }
        }
    }

    /// For each year the range from the first changed day to the last.
    var announced: [Announcement.Days] {
        years.map { year in
            var (first, last) = (Int.max, Int.min)
            for day in chain(year.lastDay, { days[$0].nextOfYear }) {
                first = min(first, days[day].day.ordinal)
                last = max(last, days[day].day.ordinal)
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
        let key = DaysKey(tenant: tenant, person: person, year: yearNumber)
        let year: Int
        if let known = placesOfYears[key] {
            year = known
        } else {
            year = years.count
            placesOfYears[key] = year
            years.append(YearChanges(key: key, lastDay: Self.none))
        }
        let dayOfYear = DayOfYear(year: year, ordinal: ordinal)
        if let known = placesOfDays[dayOfYear] { return known }
        placesOfDays[dayOfYear] = days.count
        days.append(DayChange(day: day, nextOfYear: years[year].lastDay))
        years[year].lastDay = days.count - 1
        return days.count - 1
    }

    /// Appends the commands that write the changes.
    func append(to pipeline: inout RedisPipeline, keys: KeySpace, shard: Int) {
        var command = RedisCommand("")
        for year in years {
            command.restart("BITFIELD")
            keys.append(daysOf: year.key, shard: shard, to: &command)
            PackedTallies.refuseOverflow(&command)
            let empty = command.argumentCount
            for day in chain(year.lastDay, { days[$0].nextOfYear }) where days[day].tally != .zero {
                PackedTallies.appendIncrement(days[day].tally, at: days[day].day.ordinal, to: &command)
            }
            if command.argumentCount > empty { pipeline.append(command) }
            guard let person = year.key.person else { continue }
            for day in chain(year.lastDay, { days[$0].nextOfYear }) {
                appendIndex(days[day], year.key.tenant, person, keys, shard, using: &command, to: &pipeline)
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
            for place in chain(change.lastEntered, { entered[$0].nextOfDay }) {
                command.append(entered[place].order.rawValue)
                command.append(entered[place].isSplit ? IndexMark.split : IndexMark.single)
            }
            pipeline.append(command)
        }
        if change.lastLeft != Self.none {
            command.restart("HDEL")
            keys.append(indexOf: person, tenant: tenant, day: change.day, shard: shard, to: &command)
            for place in chain(change.lastLeft, { left[$0].nextOfDay }) { command.append(left[place].order.rawValue) }
            pipeline.append(command)
        }
    }

    private func chain(_ last: Int, _ next: @escaping (Int) -> Int) -> some Sequence<Int> {
        sequence(state: last) { place in
            guard place != Self.none else { return nil }
            defer { place = next(place) }
            return place
        }
    }
}
