internal import Events
internal import Ledger
internal import SalesRules

/// Writes targets with their progress as JSON (docs/CONTRACT.md, "HTTP").
struct TargetJSON {
    let currency: Currency
    let today: Day
    /// The assignees' names.
    let people: [Identifier: Person]

    /// Writes the members of one target's object.
    func write(_ result: TargetResult, to json: inout JSONWriter) {
        let target = result.target
        func quantity(_ value: Int64) -> String { Quantity.text(value, target.measure, currency) }
        let progress = Progress(of: target, realized: result.realized, today: today)
        json.member("id", target.id.rawValue)
        json.member("name", target.name)
        json.member("measure", target.measure.rawValue)
        json.member("currency", currency.code)
        json.member("goal", quantity(target.goal))
        json.member("start", target.period.start.description)
        json.member("end", target.period.end.description)
        json.objects("assignees", result.assignees) { assignee, json in
            json.member("id", assignee.person.rawValue)
            json.member("name", people[assignee.person]?.name ?? assignee.person.rawValue)
            json.member("realized", quantity(assignee.tally.quantity(target.measure)))
            json.member("orders", assignee.tally.orders)
        }
        json.member("realized", quantity(result.realized.quantity(target.measure)))
        json.member("orders", result.realized.orders)
        json.member("percent", number: Quantity.percent(progress.permille))
        json.object("pace") { json in
            json.member("expected", quantity(progress.expected))
            json.member("projected", quantity(progress.projected))
            json.member("status", progress.status.rawValue)
        }
        json.member("inYear", target.inYear)
        json.member("counting", result.isCounting)
        json.member("etag", RecordETag(target).description)
    }
}
