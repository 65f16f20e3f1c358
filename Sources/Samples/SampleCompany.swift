package import SalesRules

/// A realistic sample company: salespeople, their targets for a year, and their orders.
package struct SampleCompany: Sendable {
    /// The tenant that the events belong to.
    package let tenant: Identifier
    /// The year of the targets and orders.
    package let year: Int
    /// The salespeople.
    package let people: [Person]
    /// How the orders are distributed.
    package let shape: Shape

    /// How generated orders are distributed.
    package struct Shape: Sendable {
        /// The share of orders that are split between two or three people, 0 to 1.
        package var splitShare: Double
        /// How the orders are spread over the year.
        package var dates: Dates

        /// By default 30 % of the orders are split, and dates are spread evenly.
        package init(splitShare: Double = 0.3, dates: Dates = .even) {
            self.splitShare = splitShare
            self.dates = dates
        }
    }

    /// How order dates are spread.
    package enum Dates: Sendable {
        /// Evenly over the year.
        case even
        /// 95 % on this day and the two days before it, as in live traffic; the others evenly over the year.
        case skewed(around: Day)
        /// All on one day.
        case on(Day)
        /// Evenly from the first day of the year to this day.
        case upTo(Day)
    }

    /// A company with this number of salespeople.
    package init(tenant: Identifier, year: Int, people count: Int, shape: Shape = Shape()) {
        self.tenant = tenant
        self.year = year
        self.shape = shape
        people = (0..<count).compactMap { index in
            Identifier("u-\(index + 1)").map { id in
                let name = Self.name(index)
                let mailbox = name.lowercased().split(separator: " ").joined(separator: ".")
                return Person(id: id, name: name, email: "\(mailbox)@example.com")
            }
        }
    }

    /// One event for each salesperson.
    package var peopleEvents: [Event] {
        people.map { Event(tenant: tenant, .person($0.id, .saved($0))) }
    }

    /// For each salesperson 26 targets: one for every month and one for the year, each in revenue and in orders. For each
    /// team one shared revenue target for every quarter.
    /// - Parameters:
    ///   - monthly: the revenue goal of a month, in minor units; it varies by up to 20 % between people.
    ///   - ordersAMonth: the goal of a month, in orders.
    ///   - teams: the largest number of teams; there is at most one team for every two people.
    package func targetEvents(monthly: Int64 = 4_000_000, ordersAMonth: Int64 = 20, teams: Int = 3) -> [Event] {
        var events: [Event] = []
        func add(
            _ id: String,
            _ name: String,
            _ measure: Measure,
            _ goal: Int64,
            _ period: Period?,
            _ assignees: [Identifier]
        ) {
            guard let id = Identifier(id), let period,
                let target = Target(
                    id: id,
                    name: name,
                    measure: measure,
                    goal: goal,
                    period: period,
                    assignees: assignees
                )
            else { return }
            events.append(Event(tenant: tenant, .target(id, .saved(target))))
        }
        let year = Day(year: self.year, month: 1, day: 1).flatMap { start in
            Day(year: self.year, month: 12, day: 31).flatMap { Period(start: start, end: $0) }
        }
        for (index, person) in people.enumerated() {
            let goal = monthly + Int64(index % 5 - 2) * monthly / 10
            for month in 1...12 {
                let period = Month(year: self.year, month: month).period
                let label = "\(Self.months[month - 1]) \(self.year)"
                add("R-\(person.id)-\(month)", "\(label), revenue", .revenue, goal, period, [person.id])
                add("O-\(person.id)-\(month)", "\(label), orders", .orders, ordersAMonth, period, [person.id])
            }
            add("R-\(person.id)", "Revenue \(self.year)", .revenue, goal * 12, year, [person.id])
            add("O-\(person.id)", "Orders \(self.year)", .orders, ordersAMonth * 12, year, [person.id])
        }
        for team in 0..<min(teams, people.count / 2) {
            let members = people.indices.filter { $0 % teams == team }.prefix(Target.maximumAssignees).map {
                people[$0].id
            }
            for quarter in 1...4 {
                let start = Month(year: self.year, month: quarter * 3 - 2).period?.start
                let end = Month(year: self.year, month: quarter * 3).period?.end
                let period = start.flatMap { start in end.flatMap { Period(start: start, end: $0) } }
                add(
                    "T-\(team + 1)-Q\(quarter)",
                    "Team \(Self.teams[team % Self.teams.count]), Q\(quarter) \(self.year)",
                    .revenue,
                    monthly * 3 * Int64(members.count),
                    period,
                    members
                )
            }
        }
        return events
    }

    /// The event that saves the order with this number, with a random owner, amount, date and status.
    package func order(_ number: Int, version: Int64, using generator: inout SeededGenerator) -> Event {
        let id = Identifier("SO-\(number)")!
        let owner = person(using: &generator)
        let cents = Int64.random(in: 5_000...600_000, using: &generator)
        let order = Order(
            id: id,
            number: "SO\(number)",
            subject: Self.subjects.randomElement(using: &generator) ?? "",
            account: Self.accounts.randomElement(using: &generator) ?? "",
            owner: owner,
            total: Decimal(units: cents, scale: 2),
            currency: .euro,
            date: date(using: &generator),
            status: Self.statuses.randomElement(using: &generator) ?? "Approved"
        )
        let listed = generator.chance(shape.splitShare) ? split(owner: owner, using: &generator) : nil
        return Event(tenant: tenant, .order(id, .saved(order, listed: listed, version: RecordVersion(version))))
    }

    private func person(using generator: inout SeededGenerator) -> Identifier {
        people[Int.random(in: people.indices, using: &generator)].id
    }

    private func split(owner: Identifier, using generator: inout SeededGenerator) -> [Allocation] {
        let others = (0..<Int.random(in: 1...2, using: &generator)).map { _ in person(using: &generator) }
        let percents = others.count == 1 ? [40, 60] : [25, 25, 50]
        return zip(others + [owner], percents).enumerated().compactMap { index, share in
            guard let id = Identifier("A-\(index + 1)"), let percent = Percent(tenThousandths: share.1 * 10_000) else {
                return nil
            }
            return Allocation(id: id, salesperson: share.0, limit: .percent(percent))
        }
    }

    private func date(using generator: inout SeededGenerator) -> Day {
        let first = Day(year: year, month: 1, day: 1)!
        let last = Day(year: year, month: 12, day: 31)!
        func even(_ end: Day) -> Day {
            Day(number: Int.random(in: first.number...max(first.number, end.number), using: &generator)) ?? first
        }
        switch shape.dates {
        case .even: return even(last)
        case .upTo(let day): return even(min(day, last))
        case .on(let day): return day
        case .skewed(let day):
            if !generator.chance(0.95) { return even(last) }
            return Day(number: day.number - Int.random(in: 0...2, using: &generator)) ?? day
        }
    }
}

extension SampleCompany {
    private static func name(_ index: Int) -> String {
        let first = firstNames[index % firstNames.count]
        let last = lastNames[(index / firstNames.count + index) % lastNames.count]
        return index < firstNames.count * lastNames.count ? "\(first) \(last)" : "\(first) \(last) \(index)"
    }

    private static let firstNames = [
        "Jan", "Sanne", "Pieter", "Fatima", "Lotte", "Daan", "Emma", "Mohammed", "Sophie", "Bram", "Julia", "Thijs",
    ]
    private static let lastNames = [
        "de Vries", "Jansen", "Bakker", "El Amrani", "Visser", "Smit", "Meijer", "Mulder", "Bos", "Vos", "Peters",
        "Hendriks", "van Dijk",
    ]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let teams = ["North", "South", "Key accounts"]
    private static let subjects = [
        "Renewal", "Spare parts", "Service contract", "Extension of the warehouse", "Starter package", "Training",
        "Replacement of the pumps", "Framework agreement", "Second delivery", "Consultancy",
    ]
    private static let accounts = [
        "Globex", "Initech", "Umbrella Foods", "Hooli", "Stark Metaal", "Wayne Logistics", "Acme Bouw", "Soylent",
        "Vandelay Import", "Wonka Zoetwaren", "Tyrell Techniek", "Cyberdyne Systems",
    ]
    private static let statuses = ["Created", "Approved", "Approved", "Delivered", "Delivered", "Delivered"]
}
