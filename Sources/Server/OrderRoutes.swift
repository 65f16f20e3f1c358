internal import Events
internal import Hummingbird
internal import Ledger
internal import SalesTargets

/// One order with all it counts for, and the people there are.
struct OrderRoutes: Sendable {
    let reader: LedgerReader

    func add(to group: RouterGroup<Context>) {
        group.get("orders/:id") { _, context in try await one(context) }
        group.get("salespeople") { _, context in try await salespeople(context) }
        group.get("me") { _, context in try await me(context) }
    }

    private func one(_ context: Context) async throws -> Response {
        let viewer = try context.signedIn()
        guard viewer.role != .ingest else { throw Problem.forbidden }
        guard let id = context.parameters.get("id").flatMap({ Identifier($0) }),
            let found = try await reader.order(id, of: viewer.tenant), let order = found.entry.order
        else { throw Problem.notFound("such order") }
        let credits = found.worth?.credits ?? []
        guard viewer.role == .manager || credits.contains(where: { $0.salesperson == viewer.id }) else {
            throw Problem.forbidden
        }
        let catalog = try await reader.catalog(of: viewer.tenant)
        let contributions = found.worth.map { catalog.contributions(of: $0) } ?? []
        let currency = reader.rules.currency
        return .json { json in
            OrderText.write(order, to: &json)
            json.member("owner", order.owner.rawValue)
            json.member("status", order.status)
            json.member("deleted", found.entry.isDeleted)
            json.objects("allocations", found.entry.allocations) { allocation, json in
                json.member("id", allocation.id.rawValue)
                json.member("salesperson", allocation.salesperson.rawValue)
                switch allocation.limit {
                case .whole: break
                case .percent(let percent): json.member("percent", percent.description)
                case .amount(let amount): json.member("amount", amount.description)
                }
            }
            OrderText.write(credits, of: order, currency: currency, to: &json)
            json.objects("contributions", contributions) { contribution, json in
                let target = contribution.target.target
                json.member("target", target.id.rawValue)
                json.member("name", target.name)
                json.member("measure", target.measure.rawValue)
                let quantity = contribution.tally.quantity(target.measure)
                json.member("contributes", Quantity.text(quantity, target.measure, currency))
            }
        }
    }

    private func salespeople(_ context: Context) async throws -> Response {
        let viewer = try context.signedIn()
        let people: [Person]
        switch viewer.role {
        case .manager: people = Array(try await reader.people(of: viewer.tenant).values)
        case .salesperson: people = Array(try await reader.people([viewer.id], of: viewer.tenant).values)
        case .ingest: throw Problem.forbidden
        }
        return .json { json in
            json.objects("salespeople", people.sorted { ($0.name, $0.id) < ($1.name, $1.id) }) { person, json in
                json.member("id", person.id.rawValue)
                json.member("name", person.name)
            }
        }
    }

    private func me(_ context: Context) async throws -> Response {
        let viewer = try context.signedIn()
        let key = TenantScoped(tenant: viewer.tenant, id: viewer.id)
        let choice = try await reader.preference(of: key)
        return .json { json in
            json.member("id", viewer.id.rawValue)
            json.member("name", viewer.name.isEmpty ? viewer.id.rawValue : viewer.name)
            json.member("role", viewer.role.rawValue)
            json.member("tenant", viewer.tenant.rawValue)
            json.object("preferences") { json in
                json.object("widget") { json in
                    if let year = choice.year { json.member("year", Int64(year)) }
                    if let salesperson = choice.salesperson { json.member("salesperson", salesperson.rawValue) }
                    if let measure = choice.measure { json.member("measure", measure.rawValue) }
                }
            }
        }
    }
}

/// Orders and credits as the contract shows them.
enum OrderText {
    /// The order's total is in its own currency, which stands beside it.
    static func write(_ order: Order, to json: inout JSONWriter) {
        json.member("id", order.id.rawValue)
        json.member("number", order.number)
        json.member("subject", order.subject)
        json.member("account", order.account)
        json.member("date", order.date.description)
        json.member("total", Money.text(order.total, in: order.currency))
        json.member("currency", order.currency.code)
    }

    static func write(_ credits: [Credit], of order: Order, currency: Currency, to json: inout JSONWriter) {
        json.objects("credits", credits) { credit, json in
            json.member("salesperson", credit.salesperson.rawValue)
            json.member("amount", Money.text(credit.amount, in: currency))
            json.member("because", credit.because.map { reason($0, order) }.joined(separator: ", "))
        }
    }

    private static func reason(_ reason: CreditReason, _ order: Order) -> String {
        switch reason {
        case .owner: "owner"
        case .remainder: "owner: what the allocations leave"
        case .allocation(let id, .whole): "allocation \(id): the whole order"
        case .allocation(let id, .percent(let percent)): "allocation \(id): \(percent) %"
        case .allocation(let id, .amount(let amount)):
            "allocation \(id): \(Money.minorUnits(of: amount, in: order.currency).map { Money.text($0, in: order.currency) } ?? amount.description) \(order.currency)"
        }
    }
}
