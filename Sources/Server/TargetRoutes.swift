internal import Events
internal import Hummingbird
internal import Ledger
internal import SalesTargets

/// Targets with their progress, and the orders that make them up.
struct TargetRoutes: Sendable {
    let reader: LedgerReader
    let today: @Sendable () -> Day

    func add(to group: RouterGroup<Context>) {
        group.get("targets") { request, context in try await list(request, context) }
        group.get("targets/:id") { _, context in try await one(context) }
        group.get("targets/:id/orders") { request, context in try await orders(request, context) }
    }

    private func list(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.signedIn()
        let query = Query(request)
        let (year, measure, limit) = (try query.year(), try query.measure(), try query.limit())
        let person = try viewer.chosen(try query.salesperson())
        let after = try query.cursor { Identifier($0) }
        let results = try await reader.targets(of: viewer.tenant) { catalog in
            let matching = catalog.targets.lazy.filter { entry in
                let target = entry.target
                return after.map { target.id > $0 } ?? true
                    && measure.map { target.measure == $0 } ?? true
                    && year.map { target.period.years.contains($0) } ?? true
                    && person.map { target.assignees.contains($0) } ?? true
            }
            // One more than asked for tells whether there is a next page.
            return Array(matching.prefix(limit + 1))
        }
        let page = results.prefix(limit)
        let people = try await people(of: page, in: viewer.tenant)
        return .json { json in
            json.objects("targets", page) { write($0, people, to: &$1) }
            if results.count > limit, let last = page.last {
                json.member("next", PageCursor.token(last.target.id.rawValue))
            }
        }
    }

    private func one(_ context: Context) async throws -> Response {
        let viewer = try context.signedIn()
        let result = try await target(of: context, seenBy: viewer)
        let people = try await people(of: [result], in: viewer.tenant)
        return .json { write(result, people, to: &$0) }
    }

    private func orders(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.signedIn()
        let query = Query(request)
        let (limit, after) = (try query.limit(), try query.cursor { OrderPosition($0) })
        let target = try await target(of: context, seenBy: viewer).target
        let page = try await reader.orders(of: target, tenant: viewer.tenant, after: after, limit: limit)
        let assignees = Set(target.assignees)
        let currency = reader.rules.currency
        return .json { json in
            json.objects("orders", page.orders) { found, json in
                guard let order = found.entry.order, let worth = found.worth else { return }
                OrderText.write(order, to: &json)
                let contributes = worth.tally(of: assignees)?.quantity(target.measure) ?? 0
                json.member("contributes", Quantity.text(contributes, target.measure, currency))
                OrderText.write(worth.credits, of: order, currency: currency, to: &json)
            }
            if page.hasMore, let last = page.orders.last, let day = last.worth?.day {
                json.member("next", PageCursor.token(OrderPosition(day: day, order: last.id).text))
            }
        }
    }

    private func target(of context: Context, seenBy viewer: Viewer) async throws -> TargetResult {
        guard let id = context.parameters.get("id").flatMap({ Identifier($0) }),
            let result = try await reader.target(id, of: viewer.tenant)
        else { throw Problem.notFound("such target") }
        guard viewer.role == .manager || (viewer.role == .salesperson && result.target.assignees.contains(viewer.id))
        else { throw Problem.forbidden }
        return result
    }

    private func people(
        of results: some Sequence<TargetResult>,
        in tenant: Identifier
    ) async throws -> [Identifier: Person] {
        let ids = Set(results.flatMap(\.target.assignees))
        return try await reader.people(ids, of: tenant)
    }

    private func write(_ result: TargetResult, _ people: [Identifier: Person], to json: inout JSONWriter) {
        let target = result.target
        let currency = reader.rules.currency
        func quantity(_ value: Int64) -> String { Quantity.text(value, target.measure, currency) }
        let progress = Progress(of: target, realized: result.realized, today: today())
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
        json.member("counting", result.isCounting)
    }
}

extension Viewer {
    /// Whose targets or chart are meant, nil for everyone's: a salesperson's own, and a manager's choice.
    func chosen(_ asked: Identifier?) throws(Problem) -> Identifier? {
        switch role {
        case .manager: return asked?.rawValue == "all" ? nil : asked
        case .salesperson:
            guard asked == nil || asked == id else { throw .forbidden }
            return id
        case .ingest: throw .forbidden
        }
    }
}
