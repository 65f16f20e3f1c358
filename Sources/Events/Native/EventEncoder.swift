public import SalesRules

/// Writes events in the form of docs/CONTRACT.md, "Events", with their keys.
public struct EventEncoder: Sendable {
    private let currency: Currency

    /// - Parameter currency: the reporting currency, the currency of goals.
    public init(currency: Currency) { self.currency = currency }

    /// Encodes an event.
    /// - Parameter person: who made the change, for people who read the log; nil if unknown.
    /// - Returns: the topic to write to, the key and the value; a nil value deletes what the key names.
    public func encode(_ event: Event, by person: Identifier? = nil) -> (topic: Topic, key: [UInt8], value: [UInt8]?) {
        func record(
            _ topic: Topic,
            _ type: String,
            _ id: Identifier,
            _ version: RecordVersion?,
            key: String? = nil,
            _ write: (inout JSONWriter) -> Void = { _ in }
        ) -> (topic: Topic, key: [UInt8], value: [UInt8]?) {
            let value = JSONWriter.object { json in
                json.member("type", type)
                json.member("tenant", event.tenant.rawValue)
                json.member("id", id.rawValue)
                if let number = version?.number { json.member("version", number) }
                if let edit = version?.edit, edit > 0 { json.member("edit", edit) }
                if event.isRestated { json.member("restated", true) }
                write(&json)
                if let person { json.member("by", person.rawValue) }
            }
            return (topic, Array("\(event.tenant)/\(key ?? id.rawValue)".utf8), value)
        }
        switch event.change {
        case .order(let id, .saved(let order, let listed, let version)):
            return record(.orders, "order.saved", id, version) { json in
                write(order, to: &json)
                if let listed { write(listed, to: &json) }
            }
        case .order(let id, .deleted(let version)):
            return record(.orders, "order.deleted", id, version)
        case .order(let id, .deletedKeeping(let listed, let version)):
            return record(.orders, "order.deleted", id, version) { write(listed, to: &$0) }
        case .order(let order, .allocationSaved(let allocation, let version)):
            let id = allocation.id
            return record(.allocations, "allocation.saved", id, version, key: "\(order)/\(id)") { json in
                json.member("order", order.rawValue)
                write(allocation, to: &json)
            }
        case .order(let order, .allocationDeleted(let id, let version)):
            return record(.allocations, "allocation.deleted", id, version, key: "\(order)/\(id)") { json in
                json.member("order", order.rawValue)
            }
        case .target(let id, .saved(let target)):
            return record(.targets, "target.saved", id, target.version) { write(target, to: &$0) }
        case .target(let id, .deleted(let version)):
            return record(.targets, "target.deleted", id, version)
        case .person(let id, .saved(let person)):
            return record(.people, "salesperson.saved", id, person.version) { json in
                json.member("name", person.name)
                if !person.email.isEmpty { json.member("email", person.email) }
            }
        case .person(let id, .preferred(let choice, let version)):
            return record(.people, "preference.saved", id, version, key: "\(id)/preference") { write(choice, to: &$0) }
        case .person(let id, .deleted(let version)):
            return record(.people, "salesperson.deleted", id, version)
        case .person(let id, .preferenceDeleted(let version)):
            return record(.people, "preference.deleted", id, version, key: "\(id)/preference")
        }
    }

    private func write(_ order: Order, to json: inout JSONWriter) {
        if !order.number.isEmpty { json.member("number", order.number) }
        if !order.subject.isEmpty { json.member("subject", order.subject) }
        if !order.account.isEmpty { json.member("account", order.account) }
        json.member("owner", order.owner.rawValue)
        json.member("total", Money.text(order.total, in: order.currency))
        json.member("currency", order.currency.code)
        if order.currency != currency {
            json.member("exchangeRate", order.exchangeRate.description)
        }
        json.member("date", order.date.description)
        if !order.status.isEmpty { json.member("status", order.status) }
    }

    private func write(_ allocations: [Allocation], to json: inout JSONWriter) {
        json.objects("allocations", allocations) { allocation, json in
            json.member("id", allocation.id.rawValue)
            write(allocation, to: &json)
        }
    }

    private func write(_ allocation: Allocation, to json: inout JSONWriter) {
        json.member("salesperson", allocation.salesperson.rawValue)
        switch allocation.limit {
        case .whole: break
        case .percent(let percent): json.member("percent", percent.description)
        case .amount(let amount): json.member("amount", amount.description)
        }
    }

    private func write(_ target: Target, to json: inout JSONWriter) {
        if !target.name.isEmpty { json.member("name", target.name) }
        json.member("measure", target.measure.rawValue)
        json.member("goal", target.measure == .revenue ? Money.text(target.goal, in: currency) : String(target.goal))
        json.member("start", target.period.start.description)
        json.member("end", target.period.end.description)
        json.list("assignees", target.assignees.map(\.rawValue))
        if !target.inYear { json.member("inYear", false) }
    }

    private func write(_ choice: WidgetChoice, to json: inout JSONWriter) {
        json.object("widget") { json in
            if let year = choice.year { json.member("year", Int64(year)) }
            if let salesperson = choice.salesperson { json.member("salesperson", salesperson.rawValue) }
            if let measure = choice.measure { json.member("measure", measure.rawValue) }
        }
    }
}
