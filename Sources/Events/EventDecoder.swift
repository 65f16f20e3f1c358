public import SalesTargets

/// Reads records of the log as events: the contract's own JSON, CloudEvents around it, and what vtiger sends.
public struct EventDecoder: Sendable {
    /// The largest record, in bytes (the contract's bounds).
    public static let maximumSize = 1_048_576

    let settings: EventSettings

    public init(_ settings: EventSettings) { self.settings = settings }

    /// - Parameters:
    ///   - topic: the topic that the record came from.
    ///   - value: nil for a null value, which deletes what the key names.
    /// - Throws: why it has to be a dead letter.
    public func decode(
        topic: Topic,
        key: UnsafeBufferPointer<UInt8>?,
        value: UnsafeBufferPointer<UInt8>?,
        headers: [Header]
    ) throws(EventError) -> Event {
        guard let value else { return try RecordKey.deletion(topic: topic, key: key) }
        guard value.count <= Self.maximumSize else {
            throw EventError(
                member: nil,
                reason: "the record has \(value.count) bytes, and may have \(Self.maximumSize)"
            )
        }
        guard !value.isEmpty else { throw EventError(member: nil, reason: "the record is empty") }
        let tape = try JSONTape(value)
        guard tape.nodes[0].kind == .object else {
            throw EventError(member: nil, reason: "the record is not a JSON object")
        }
        var members = try Members(tape, object: 0)
        let event = try decode(&members, envelope: Envelope(headers))
        guard topic.carries(event.change) else {
            throw EventError(member: "type", reason: "does not belong on the topic of \(topic.rawValue)")
        }
        return event
    }

    /// What the headers of a CloudEvent say (CloudEvents 1.0, Kafka protocol binding).
    private struct Envelope {
        /// The event's type in binary mode, where the value is its data.
        var type: String?
        var isStructured = false

        init(_ headers: [Header]) {
            for header in headers {
                let value = header.value.map { String(decoding: $0, as: UTF8.self) } ?? ""
                switch header.name.lowercased() {
                case "ce_type": type = value
                case "content-type": isStructured = value.lowercased().hasPrefix("application/cloudevents")
                default: break
                }
            }
        }
    }

    private func decode(_ members: inout Members, envelope: Envelope) throws(EventError) -> Event {
        if envelope.isStructured || (envelope.type == nil && members.has("specversion")) {
            let type = try members.requiredText("type")
            if members.has("data_base64") { throw members.failure("data_base64", "is not supported: send data") }
            guard var data = try members.object("data") else { throw members.missing("data") }
            return try decode(&data, type: type)
        }
        return try decode(&members, type: envelope.type)
    }

    /// - Parameter type: what the envelope says it is; the event's own type goes before it.
    private func decode(_ data: inout Members, type envelopeType: String?) throws(EventError) -> Event {
        if let envelopeType, envelopeType.hasPrefix(VtigerEvent.prefix) {
            return try VtigerEvent(settings: settings).tableRow(&data, type: envelopeType)
        }
        if let type = try data.text("type") ?? envelopeType { return try native(&data, type: type) }
        if data.has("hdnGrandTotal"), data.has("assigned_user_id") {
            return try VtigerEvent(settings: settings).webservice(&data)
        }
        if data.has("success"), data.has("result") {
            guard var result = try data.object("result") else { throw data.missing("result") }
            return try VtigerEvent(settings: settings).webservice(&result)
        }
        throw data.missing("type")
    }
}

extension EventDecoder {
    private func native(_ data: inout Members, type: String) throws(EventError) -> Event {
        let id = try data.requiredID("id")
        let tenant = try data.id("tenant") ?? settings.defaultTenant
        let version = try data.integer("version")
        switch type {
        case "order.saved":
            let order = try order(&data, id: id)
            let listed = try allocations(&data)
            return Event(tenant: tenant, .order(id, .saved(order, listed: listed, version: version)))
        case "order.deleted":
            return Event(tenant: tenant, .order(id, .deleted(version: version)))
        case "allocation.saved":
            let order = try data.requiredID("order")
            let allocation = try allocation(&data, id: id, at: nil)
            return Event(tenant: tenant, .order(order, .allocationSaved(allocation, version: version)))
        case "allocation.deleted":
            let order = try data.requiredID("order")
            return Event(tenant: tenant, .order(order, .allocationDeleted(id, version: version)))
        case "target.saved":
            return Event(tenant: tenant, .target(id, .saved(try target(&data, id: id, version: version))))
        case "target.deleted":
            return Event(tenant: tenant, .target(id, .deleted(version: version)))
        case "salesperson.saved":
            let person = Person(
                id: id,
                name: try data.text("name") ?? "",
                email: try data.text("email") ?? "",
                version: version
            )
            return Event(tenant: tenant, .person(id, .saved(person)))
        case "preference.saved":
            return Event(tenant: tenant, .person(id, .preferred(try choice(&data), version: version)))
        default:
            throw data.failure("type", "\(Members.quoted(type)) is not known")
        }
    }

    private func order(_ data: inout Members, id: Identifier) throws(EventError) -> Order {
        let number = try data.text("number") ?? ""
        let subject = try data.text("subject") ?? ""
        let account = try data.text("account") ?? ""
        let owner = try data.requiredID("owner")
        let currency = try currency(&data)
        let total = try data.money("total", in: currency)
        let rate = try exchangeRate(&data, "exchangeRate", total: total, currency: currency)
        let date = try data.day("date")
        let status = try data.text("status") ?? ""
        return Order(
            id: id,
            number: number,
            subject: subject,
            account: account,
            owner: owner,
            total: total,
            currency: currency,
            exchangeRate: rate,
            date: date,
            status: status
        )
    }

    private func currency(_ data: inout Members) throws(EventError) -> Currency {
        guard let code = try data.text("currency") else { return settings.currency }
        guard let currency = Currency(code) else {
            throw data.failure("currency", "\(Members.quoted(code)) is not a currency of ISO 4217")
        }
        return currency
    }

    /// Required for another currency than the reporting one; the total has to stay within bounds with it.
    func exchangeRate(
        _ data: inout Members,
        _ name: StaticString,
        total: Int64,
        currency: Currency
    ) throws(EventError) -> Decimal {
        guard let rate = try data.decimal(name) else {
            if currency == settings.currency { return .one }
            throw data.failure("\(name)", "is missing, and the order is in \(currency), not in \(settings.currency)")
        }
        guard rate.units > 0 else { throw data.failure("\(name)", "\(rate) is not above zero") }
        guard Money.convert(total, from: currency, rate: rate, to: settings.currency) != nil else {
            throw data.failure("\(name)", "\(rate) makes the total too large")
        }
        return rate
    }

    private func allocations(_ data: inout Members) throws(EventError) -> [Allocation]? {
        guard var objects = try data.objects("allocations", atMost: OrderEntry.maximumAllocations) else { return nil }
        var allocations: [Allocation] = []
        for index in objects.indices {
            let id = try objects[index].requiredID("id")
            guard !allocations.contains(where: { $0.id == id }) else {
                throw objects[index].failure("id", "\(Members.quoted(id.rawValue)) is there twice")
            }
            allocations.append(try allocation(&objects[index], id: id, at: index))
        }
        return allocations
    }

    /// - Parameter index: the place in an order's list; nil for one saved on its own.
    private func allocation(_ data: inout Members, id: Identifier, at index: Int?) throws(EventError) -> Allocation {
        let salesperson = try data.requiredID("salesperson")
        let percent = try data.decimal("percent")
        let amount = try data.decimal("amount")
        let limit: Allocation.Limit
        switch (percent, amount) {
        case (nil, nil): limit = .whole
        case (let number?, nil):
            guard let percent = Percent(number) else {
                throw data.failure("percent", "\(number) is not above 0 and up to 100 with up to four decimals")
            }
            limit = .percent(percent)
        case (nil, let amount?):
            // The order's currency is not known here: the coarsest one bounds it, and the order's total does later.
            guard amount.units >= 0, Money.minorUnits(of: amount, in: .yen) != nil else {
                throw data.failure("amount", "\(amount) is out of bounds")
            }
            limit = .amount(amount)
        default:
            throw EventError(
                member: index.map { "allocations[\($0)]" } ?? "percent",
                reason: "has both a percent and an amount"
            )
        }
        return Allocation(id: id, salesperson: salesperson, limit: limit)
    }

    private func target(_ data: inout Members, id: Identifier, version: Int64?) throws(EventError) -> Target {
        let name = try data.text("name") ?? ""
        let measureName = try data.requiredText("measure")
        guard let measure = Measure(rawValue: measureName) else {
            throw data.failure("measure", "\(Members.quoted(measureName)) is neither revenue nor orders")
        }
        let goal = try goal(&data, measure)
        let start = try data.day("start")
        let end = try data.day("end")
        guard let period = Period(start: start, end: end) else { throw data.failure("end", "lies before the start") }
        guard period.days <= Target.maximumDays else {
            throw data.failure("end", "is more than ten years after the start")
        }
        let assignees = try data.ids("assignees", atMost: Target.maximumAssignees)
        guard !assignees.isEmpty else { throw data.failure("assignees", "is empty") }
        guard
            let target = Target(
                id: id,
                name: name,
                measure: measure,
                goal: goal,
                period: period,
                assignees: assignees,
                version: version
            )
        else { throw data.failure("goal", "is out of bounds") }
        return target
    }

    private func goal(_ data: inout Members, _ measure: Measure) throws(EventError) -> Int64 {
        let goal: Int64
        switch measure {
        case .revenue: goal = try data.money("goal", in: settings.currency)
        case .orders:
            guard let count = try data.integer("goal") else { throw data.missing("goal") }
            goal = count
        }
        guard (1...Money.bound).contains(goal) else { throw data.failure("goal", "is not above zero, or too large") }
        return goal
    }

    private func choice(_ data: inout Members) throws(EventError) -> WidgetChoice {
        guard var widget = try data.object("widget") else { throw data.missing("widget") }
        var choice = WidgetChoice()
        if let year = try widget.integer("year") {
            guard let year = Int(exactly: year), Day.years.contains(year) else {
                throw widget.failure("year", "\(year) is not a year")
            }
            choice.year = year
        }
        choice.salesperson = try widget.id("salesperson")
        if let name = try widget.text("measure") {
            guard let measure = Measure(rawValue: name) else {
                throw widget.failure("measure", "\(Members.quoted(name)) is neither revenue nor orders")
            }
            choice.measure = measure
        }
        return choice
    }
}

extension Topic {
    fileprivate func carries(_ change: Event.Change) -> Bool {
        switch change {
        case .order: self == .orders || self == .allocations
        case .target: self == .targets
        case .person: self == .people
        }
    }
}
