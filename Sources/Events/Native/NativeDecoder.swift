internal import SalesRules

/// Decodes the program's own events (docs/CONTRACT.md, "Events").
struct NativeDecoder {
    let settings: EventSettings

    func event(_ data: Members, type: String) throws(EventError) -> Event {
        let tenant = try data.id(.tenant) ?? settings.defaultTenant
        let version = try version(data)
        return Event(
            tenant: tenant,
            try change(data, type: type, version: version),
            isRestated: data.has(.restated)
        )
    }

    private func version(_ data: Members) throws(EventError) -> RecordVersion? {
        let number = try data.integer(.version)
        let edit = try data.integer(.edit) ?? 0
        guard edit >= 0 else { throw data.failure(.edit, "\(edit) is below zero") }
        return RecordVersion(number: number, edit: edit)
    }

    private func change(_ data: Members, type: String, version: RecordVersion?) throws(EventError) -> Event.Change {
        let id = try data.requiredID(.id)
        switch type {
        case "order.saved":
            let order = try order(data, id: id)
            return .order(id, .saved(order, listed: try allocations(data), version: version))
        case "order.deleted":
            guard let listed = try allocations(data) else { return .order(id, .deleted(version: version)) }
            return .order(id, .deletedKeeping(listed, version: version))
        case "allocation.saved":
            let order = try data.requiredID(.order)
            return .order(order, .allocationSaved(try allocation(data, id: id, isListed: false), version: version))
        case "allocation.deleted":
            return .order(try data.requiredID(.order), .allocationDeleted(id, version: version))
        case "target.saved":
            return .target(id, .saved(try target(data, id: id, version: version)))
        case "target.deleted":
            return .target(id, .deleted(version: version))
        case "salesperson.saved":
            let email = try data.boundedText(.email)
            let id = try data.requiredPersonID(.id)
            return .person(id, .saved(Person(id: id, name: data.shownText(.name), email: email, version: version)))
        case "salesperson.deleted":
            return .person(try data.requiredPersonID(.id), .deleted(version: version))
        case "preference.deleted":
            return .person(try data.requiredPersonID(.id), .preferenceDeleted(version: version))
        case "preference.saved":
            return .person(try data.requiredPersonID(.id), .preferred(try choice(data), version: version))
        default:
            throw data.failure(.type, "\(EventError.quoting(type)) is not known")
        }
    }

    private func order(_ data: Members, id: Identifier) throws(EventError) -> Order {
        let currency = try data.currency(.currency, usual: settings.currency) ?? settings.currency
        let total = try data.requiredAmount(.total, in: currency)
        return Order(
            id: id,
            owner: try data.requiredPersonID(.owner),
            total: total,
            currency: currency,
            exchangeRate: try data.exchangeRate(
                .exchangeRate,
                total: total,
                in: currency,
                reporting: settings.currency
            ),
            date: try data.requiredDay(.date),
            texts: OrderTexts(
                status: try data.boundedText(.status),
                number: data.shownText(.number),
                subject: data.shownText(.subject),
                account: data.shownText(.account)
            )
        )
    }

    private func allocations(_ data: Members) throws(EventError) -> [Allocation]? {
        guard let objects = try data.objects(.allocations, atMost: OrderEntry.maximumAllocations) else { return nil }
        var allocations: [Allocation] = []
        for object in objects {
            let id = try object.requiredID(.id)
            guard !allocations.contains(where: { $0.id == id }) else {
                throw object.failure(.id, "\(EventError.quoting(id.rawValue)) is listed twice")
            }
            allocations.append(try allocation(object, id: id, isListed: true))
        }
        return allocations
    }

    private func allocation(_ data: Members, id: Identifier, isListed: Bool) throws(EventError) -> Allocation {
        let salesperson = try data.requiredPersonID(.salesperson)
        return Allocation(id: id, salesperson: salesperson, limit: try limit(data, isListed: isListed))
    }

    func limit(_ data: Members, isListed: Bool) throws(EventError) -> Allocation.Limit {
        switch (try data.decimal(.percent), try data.decimal(.amount)) {
        case (nil, nil): return .whole
        case (let number?, nil):
            guard let percent = Percent(number) else {
                throw data.failure(.percent, "\(number) is not above 0 and up to 100 with up to four decimals")
            }
            return .percent(percent)
        case (nil, let amount?):
            // The order's currency is not known here. The bound is in major units; the yen's minor unit is one.
            guard Money.minorUnits(of: amount, in: .yen) != nil else {
                throw data.failure(.amount, "\(amount) is too large")
            }
            // Rule 6 in docs/CONTRACT.md: of a credit note's allocation the absolute value counts.
            return .amount(amount.absolute)
        default:
            throw isListed
                ? data.failure("has both a percent and an amount")
                : data.failure(.percent, "and amount exclude each other: send only one of them")
        }
    }

    private func target(_ data: Members, id: Identifier, version: RecordVersion?) throws(EventError) -> Target {
        let measure = try measure(data)
        let goal = try goal(data, measure)
        let period = try period(data)
        let assignees = try assignees(data)
        let target = Target(
            id: id,
            name: data.shownText(.name),
            measure: measure,
            goal: goal,
            period: period,
            assignees: assignees,
            inYear: try data.flag(.inYear) ?? true,
            version: version
        )
        guard let target else { throw data.failure(.id, "is the id of a target that breaks a bound") }
        return target
    }

    func measure(_ data: Members) throws(EventError) -> Measure {
        guard let measure = try data.measure(.measure) else { throw data.missing(.measure) }
        return measure
    }

    func period(_ data: Members) throws(EventError) -> Period {
        let start = try data.requiredDay(.start)
        let end = try data.requiredDay(.end)
        guard let period = Period(start: start, end: end) else { throw data.failure(.end, "is before the start") }
        guard period.days <= Target.maximumDays else {
            throw data.failure(.end, "is more than ten years after the start")
        }
        return period
    }

    func assignees(_ data: Members) throws(EventError) -> [Identifier] {
        let assignees = try data.requiredPersonIDs(.assignees, atMost: Target.maximumAssignees)
        guard !assignees.isEmpty else { throw data.failure(.assignees, "is empty") }
        return assignees
    }

    func goal(_ data: Members, _ measure: Measure) throws(EventError) -> Int64 {
        guard let number = try data.decimal(.goal) else { throw data.missing(.goal) }
        guard let goal = measure.goal(number, in: settings.currency) else {
            throw data.failure(
                .goal,
                measure == .orders && number.scale > 0
                    ? "\(number) is not a whole number" : "\(number) is not above zero, or is too large"
            )
        }
        return goal
    }

    private func choice(_ data: Members) throws(EventError) -> WidgetChoice {
        guard let widget = try data.object(.widget) else { return WidgetChoice() }
        return try choice(in: widget)
    }

    func choice(in widget: Members) throws(EventError) -> WidgetChoice {
        WidgetChoice(
            year: try widget.year(.year),
            salesperson: try widget.id(.salesperson),
            measure: try widget.measure(.measure)
        )
    }
}
