internal import Events
internal import Hummingbird
internal import Ledger
internal import SalesRules

/// One order with its allocations, credits and contributions.
struct OrderRoutes: Sendable {
    let reader: LedgerReader

    func add(to group: RouterGroup<Context>) {
        group.get("orders/:id") { _, context in try await one(context) }
    }

    private func one(_ context: Context) async throws -> Response {
        let viewer = try context.requireReader()
        guard let id = context.id, let found = try await reader.order(id, of: viewer.tenant),
            let order = found.entry.order
        else { throw Problem.notFound("such order") }
        guard try await reader.maySee(found.worth, viewer) else { throw Problem.forbidden }
        return try await reader.answer(order, found.entry, of: viewer.tenant)
    }
}

extension LedgerReader {
    /// Whether a viewer may see an order: a manager, the people whom it credits, and everyone who has a target that it
    /// counts towards, a shared one too: they see it in the list of that target's orders.
    func maySee(_ worth: OrderWorth?, _ viewer: Viewer) async throws -> Bool {
        guard let worth else { return viewer.maySee([]) }
        if viewer.maySee(worth.credits.map(\.salesperson)) { return true }
        guard viewer.role == .salesperson else { return false }
        let contributions = try await catalog(of: viewer.tenant).contributions(of: worth)
        return contributions.contains { viewer.maySee($0.target.target.assignees) }
    }

    /// The answer with an order: the order as it is, or, for a preview, as it would be.
    func answer(_ order: Order, _ entry: OrderEntry, of tenant: Identifier) async throws -> Response {
        let worth = rules.worth(of: entry)
        let credits = worth?.credits ?? []
        let allocations = EffectiveAllocation.all(of: entry)
        let catalog = try await catalog(of: tenant)
        let contributions = worth.map { catalog.contributions(of: $0) } ?? []
        let shown = Set(credits.map(\.salesperson) + allocations.map(\.allocation.salesperson))
        let currency = rules.currency
        let unallocated = rules.unallocated(of: entry) ?? 0
        let text = OrderJSON(rules: rules, people: try await people(shown, of: tenant))
        return .json { json in
            text.write(order, to: &json)
            json.member("exchangeRate", order.exchangeRate.description)
            json.member("owner", order.owner.rawValue)
            json.member("status", order.status)
            json.member("deleted", entry.isDeleted)
            text.write(allocations, of: order, to: &json)
            json.member("unallocated", Money.text(unallocated, in: currency))
            text.write(credits, of: order, entry, to: &json)
            json.objects("contributions", contributions) { contribution, json in
                let target = contribution.target.target
                json.object("target") { json in
                    json.member("id", target.id.rawValue)
                    json.member("name", target.name)
                    json.member("measure", target.measure.rawValue)
                    let counted = credits.map(\.salesperson).filter(Set(target.assignees).contains)
                    json.objects("salespeople", counted) { person, json in
                        json.member("id", person.rawValue)
                        json.member("name", text.people[person]?.name ?? person.rawValue)
                    }
                }
                let quantity = contribution.tally.quantity(target.measure)
                json.member("amount", Quantity.text(quantity, target.measure, currency))
            }
        }
    }
}
