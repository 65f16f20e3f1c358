internal import Events
internal import Hummingbird
internal import Ledger
internal import SalesTargets

/// One order with all it counts for.
struct OrderRoutes: Sendable {
    let reader: LedgerReader

    func add(to group: RouterGroup<Context>) {
        group.get("orders/:id") { _, context in try await one(context) }
    }

    private func one(_ context: Context) async throws -> Response {
        let viewer = try context.reading()
        guard let id = context.id, let found = try await reader.order(id, of: viewer.tenant),
            let order = found.entry.order
        else { throw Problem.notFound("such order") }
        let credits = found.worth?.credits ?? []
        guard viewer.maySee(credits.map(\.salesperson)) else { throw Problem.forbidden }
        let catalog = try await reader.catalog(of: viewer.tenant)
        let contributions = found.worth.map { catalog.contributions(of: $0) } ?? []
        let currency = reader.rules.currency
        return .json { json in
            OrderText.write(order, to: &json)
            json.member("exchangeRate", order.exchangeRate.description)
            json.member("owner", order.owner.rawValue)
            json.member("status", order.status)
            json.member("deleted", found.entry.isDeleted)
            OrderText.write(found.entry.allocations, of: order, to: &json)
            OrderText.write(credits, of: order, currency: currency, to: &json)
            json.objects("contributions", contributions) { contribution, json in
                let target = contribution.target.target
                json.object("target") { json in
                    json.member("id", target.id.rawValue)
                    json.member("name", target.name)
                    json.member("measure", target.measure.rawValue)
                }
                let quantity = contribution.tally.quantity(target.measure)
                json.member("amount", Quantity.text(quantity, target.measure, currency))
            }
        }
    }
}
