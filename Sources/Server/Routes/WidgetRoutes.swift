internal import Events
internal import Hummingbird
internal import Ledger
internal import SalesRules

/// The data of the home page's line chart.
struct WidgetRoutes: Sendable {
    let reader: LedgerReader
    let today: @Sendable () -> Day

    func add(to group: RouterGroup<Context>) {
        group.get("widget") { request, context in try await widget(request, context) }
    }

    private func widget(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireReader()
        let query = try Query.read(request) {
            (year: $0.year(), salesperson: $0.salesperson(), measure: $0.measure())
        }
        let requested = try viewer.chosen(query.salesperson)
        // Without the parameter a manager gets the saved choice; `all` means everyone.
        let isLeftOut = viewer.role == .manager && query.salesperson == nil
        let isWhole = query.year != nil && query.measure != nil && !isLeftOut
        let saved =
            isWhole
            ? nil : try await reader.preference(of: TenantScoped(tenant: viewer.tenant, id: viewer.id)).value
        let preference = saved ?? WidgetChoice()
        let year = query.year ?? preference.year ?? today().year
        let measure = query.measure ?? preference.measure ?? .revenue
        let person = isLeftOut ? try viewer.chosen(preference.salesperson) : requested
        // Both are sent together.
        async let people = reader.people(person.map { [$0] } ?? [], of: viewer.tenant)
        let result = try await reader.year(year, of: person, tenant: viewer.tenant, measure: measure)
        let names = try await people
        let known = person.flatMap { names[$0] }
        return .json { json in
            json.member("year", Int64(year))
            json.object("salesperson") { json in
                json.member("id", person?.rawValue ?? "all")
                json.member("name", known?.name ?? person?.rawValue ?? "All salespeople")
            }
            json.member("measure", measure.rawValue)
            json.member("currency", reader.rules.currency.code)
            write(result, year: year, measure, to: &json)
        }
    }

    private func write(_ result: YearResult, year: Int, _ measure: Measure, to json: inout JSONWriter) {
        let currency = reader.rules.currency
        func quantity(_ value: Int64) -> String { Quantity.text(value, measure, currency) }
        var goalToDate: Int64 = 0
        var resultToDate: Int64 = 0
        json.objects("months", 1...12) { month, json in
            let (goal, realized) = (result.goals[month - 1], result.results[month - 1])
            goalToDate = Tally.sum(goalToDate, goal)
            resultToDate = Tally.sum(resultToDate, realized)
            json.member("month", Month(year: year, month: month).description)
            json.member("goal", quantity(goal))
            json.member("result", quantity(realized))
            json.member("goalToDate", quantity(goalToDate))
            json.member("resultToDate", quantity(resultToDate))
        }
        json.object("total") { json in
            json.member("goal", quantity(goalToDate))
            json.member("result", quantity(resultToDate))
            json.member("percent", number: Quantity.percent(Progress.permille(resultToDate, of: goalToDate)))
        }
    }
}
