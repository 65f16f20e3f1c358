internal import SalesRules

extension History.Iterator {
    mutating func saveTarget(of tenant: Identifier) -> Event {
        let key = targetKey(of: tenant)
        let version = version(of: RecordKey(topic: .targets, text: key.description))
        let old = targets[key]
        var measure = old?.measure ?? (random.chance(650) ? Measure.revenue : .orders)
        var period = old?.period ?? self.period()
        var assignees = old?.assignees ?? self.assignees()
        var goal = old?.goal ?? self.goal(measure)
        if old != nil {
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1: goal = self.goal(measure)
            case 2, 3: assignees = self.assignees()
            case 4, 5: period = self.period()
            case 6: measure = measure == .revenue ? .orders : .revenue
            default: break
            }
        }
        let target = Target(
            id: key.id,
            name: random.pick(["Q1 revenue", "Orders", "", "Ziel für alle"]),
            measure: measure,
            goal: goal,
            period: period,
            assignees: assignees,
            inYear: !random.chance(100),
            version: version
        )!
        targets[key] = target
        return Event(tenant: tenant, .target(key.id, .saved(target)))
    }

    mutating func deleteTarget(of tenant: Identifier) -> Event {
        let key = targetKey(of: tenant)
        let version = version(of: RecordKey(topic: .targets, text: key.description))
        return Event(tenant: tenant, .target(key.id, .deleted(version: version)))
    }

    private mutating func targetKey(of tenant: Identifier) -> TenantScoped {
        TenantScoped(tenant: tenant, id: id("T-\(Int.random(in: 1...history.targets, using: &random))"))
    }

    private mutating func goal(_ measure: Measure) -> Int64 {
        switch measure {
        case .revenue: Int64.random(in: random.chance(100) ? 1...9 : 10_000...500_000_000, using: &random)
        case .orders: Int64.random(in: 1...500, using: &random)
        }
    }

    private mutating func assignees() -> [Identifier] {
        let count = random.chance(450) ? 1 : Int.random(in: 2...6, using: &random)
        return (0..<count).map { _ in person() }
    }

    /// A month, a quarter, a year, a single day, or any range of days.
    private mutating func period() -> Period {
        let year = Int.random(in: History.years, using: &random)
        func months(_ first: Int, _ count: Int) -> Period {
            let last = Month(year: year, month: first + count - 1)
            return Period(
                start: Day(year: year, month: first, day: 1)!,
                end: Day(year: year, month: last.month, day: last.days)!
            )!
        }
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3: return months(Int.random(in: 1...12, using: &random), 1)
        case 3..<5: return months(3 * Int.random(in: 0...3, using: &random) + 1, 3)
        case 5..<7: return months(1, 12)
        case 7:
            let day = day()
            return Period(start: day, end: day)!
        default:
            let (first, second) = (day(), day())
            return Period(start: Swift.min(first, second), end: Swift.max(first, second))!
        }
    }

    mutating func changePerson(of tenant: Identifier) -> Event {
        let personID = random.pick(history.people)
        let key = RecordKey(topic: .people, text: "\(tenant)/\(personID)")
        if random.chance(60) { return Event(tenant: tenant, .person(personID, .deleted(version: version(of: key)))) }
        if random.chance(400) {
            let choice = WidgetChoice(
                year: random.chance(800) ? Int.random(in: History.years, using: &random) : nil,
                salesperson: random.pick([personID, id("all"), nil]),
                measure: random.pick([.revenue, .orders, nil])
            )
            return Event(tenant: tenant, .person(personID, .preferred(choice, version: version(of: key))))
        }
        let person = Person(
            id: personID,
            name: random.pick(["Jan de Vries", "Zoë", "", "王芳"]),
            email: random.pick(["jan@example.com", ""]),
            version: version(of: key)
        )
        return Event(tenant: tenant, .person(personID, .saved(person)))
    }
}
