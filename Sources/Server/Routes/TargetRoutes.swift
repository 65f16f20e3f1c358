internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import SalesRules

/// Targets with their progress, and the orders that make up a target's result.
struct TargetRoutes: Sendable {
    let reader: LedgerReader
    let today: @Sendable () -> Day

    func add(to group: RouterGroup<Context>) {
        group.get("targets") { request, context in try await list(request, context) }
        group.get("targets/:id") { _, context in try await one(context) }
        group.get("targets/:id/orders") { request, context in try await orders(request, context) }
    }

    private func list(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireReader()
        let query = try Query.read(request) { query in
            (
                year: query.year(), salesperson: query.salesperson(), measure: query.measure(), limit: query.limit(),
                cursor: query.cursor { Identifier($0) }
            )
        }
        let filter = TargetFilter(
            year: query.year,
            person: try viewer.chosen(query.salesperson),
            measure: query.measure,
            after: query.cursor
        )
        let limit = query.limit
        let results = try await reader.targets(of: viewer.tenant) { catalog in
            let matching = catalog.targets.filter { filter.admits($0.target) }
            // One more than the page, to know whether there is a next page.
            return Array(matching.prefix(TargetPage.length(of: matching.map(\.target), limit: limit) + 1))
        }
        let page = results.prefix(TargetPage.length(of: results.map(\.target), limit: limit))
        let names = try await reader.people(Set(page.flatMap(\.target.assignees)), of: viewer.tenant)
        let text = TargetJSON(currency: reader.rules.currency, today: today(), people: names)
        return .json { json in
            json.objects("targets", page) { text.write($0, to: &$1) }
            if results.count > page.count, let last = page.last {
                json.member("next", PageCursor.token(last.target.id.rawValue))
            }
        }
    }

    private func one(_ context: Context) async throws -> Response {
        let viewer = try context.requireReader()
        let result = try await target(of: context, seenBy: viewer)
        let names = try await reader.people(result.target.assignees, of: viewer.tenant)
        let text = TargetJSON(currency: reader.rules.currency, today: today(), people: names)
        return .json(headers: [.eTag: RecordETag(result.target).description]) { text.write(result, to: &$0) }
    }

    private func orders(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireReader()
        let query = try Query.read(request) { query in
            (limit: query.limit(), cursor: query.cursor { OrderPosition($0) })
        }
        let target = try await target(of: context, seenBy: viewer).target
        let page = try await reader.orders(
            of: target,
            tenant: viewer.tenant,
            after: query.cursor,
            limit: query.limit
        )
        let assignees = Set(target.assignees)
        let currency = reader.rules.currency
        let credited = Set(page.orders.flatMap { $0.worth?.credits.map(\.salesperson) ?? [] })
        let text = OrderJSON(rules: reader.rules, people: try await reader.people(credited, of: viewer.tenant))
        return .json { json in
            json.objects("orders", page.orders) { found, json in
                guard let order = found.entry.order, let worth = found.worth else { return }
                text.write(order, to: &json)
                let contributes = worth.tally(of: assignees)?.quantity(target.measure) ?? 0
                json.member("contributes", Quantity.text(contributes, target.measure, currency))
                text.write(worth.credits, of: order, found.entry, to: &json)
            }
            if page.hasMore, let last = page.orders.last, let day = last.worth?.day {
                json.member("next", PageCursor.token(OrderPosition(day: day, order: last.id).text))
            }
        }
    }

    private func target(of context: Context, seenBy viewer: Viewer) async throws -> TargetResult {
        guard let id = context.id, let result = try await reader.target(id, of: viewer.tenant) else {
            throw Problem.notFound("such target")
        }
        guard viewer.maySee(result.target.assignees) else { throw Problem.forbidden }
        return result
    }
}
