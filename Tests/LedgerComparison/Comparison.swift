package import Ledger
package import Model
package import SalesRules

/// Compares every number of the ledger with the model's.
package struct Comparison: Sendable {
    private let reader: LedgerReader
    private let figures: Figures
    private let tenant: Identifier
    private let people: [Identifier]

    package init(_ reader: LedgerReader, with figures: Figures, of tenant: Identifier, people: [Identifier]) {
        self.reader = reader
        self.figures = figures
        self.tenant = tenant
        self.people = people
    }

    /// The differences between a ledger and a model for every tenant of a history, one line each.
    package static func differences(
        _ reader: LedgerReader,
        _ model: SalesModel,
        _ history: History
    ) async throws -> [String] {
        var differences: [String] = []
        for tenant in History.tenants {
            let comparison = Comparison(reader, with: model.figures(of: tenant), of: tenant, people: history.people)
            differences += try await comparison.differences()
        }
        return differences
    }

    private func differences() async throws -> [String] {
        try await targets() + drillDowns() + years()
    }

    private func targets() async throws -> [String] {
        var differences: [String] = []
        let results = try await reader.targets(of: tenant) { $0.targets }
        // The version is not compared: it does not change any number.
        func isSame(_ target: Target, _ other: Target) -> Bool {
            target.id == other.id && target.goal == other.goal && target.measure == other.measure
                && target.period == other.period && target.assignees == other.assignees
        }
        if !results.map(\.target).elementsEqual(figures.targets, by: isSame) {
            differences.append("\(tenant): the targets differ: \(results.map(\.target.id))")
        }
        for (result, target) in zip(results, figures.targets) {
            let realized = figures.result(of: target)
            if result.realized != realized {
                differences.append("\(tenant)/\(target.id) realized \(result.realized), not \(realized)")
            }
            let assignees = figures.assignees(of: target)
            if !result.assignees.elementsEqual(assignees, by: { $0 == $1 }) {
                differences.append("\(tenant)/\(target.id) \(result.assignees), not \(assignees)")
            }
            if result.isCounting { differences.append("\(tenant)/\(target.id) is still counting") }
        }
        return differences
    }

    private func drillDowns() async throws -> [String] {
        var differences: [String] = []
        for (place, target) in figures.targets.enumerated() {
            let limit = 1 + place * 7 % 100
            var found: [OrderResult] = []
            var page: (orders: [OrderResult], hasMore: Bool)
            repeat {
                let after = found.last.flatMap { last in
                    last.worth.map { OrderPosition(day: $0.day, order: last.id) }
                }
                page = try await reader.orders(of: target, tenant: tenant, after: after, limit: limit)
                if page.hasMore, page.orders.count != limit {
                    differences.append("\(tenant)/\(target.id) has a page of \(page.orders.count), not \(limit)")
                }
                found += page.orders
            } while page.hasMore && !page.orders.isEmpty
            let assignees = Set(target.assignees)
            let expected = figures.orders(of: target)
            let isSame = found.elementsEqual(expected) { order, other in
                order.id == other.order && order.worth?.tally(of: assignees) == other.contributes
            }
            if !isSame {
                differences.append(
                    "\(tenant)/\(target.id) lists \(found.count) orders, expected \(expected.count), or the orders differ"
                )
            }
        }
        return differences
    }

    private func years() async throws -> [String] {
        var differences: [String] = []
        for year in History.years {
            for person in people.map(Optional.some) + [nil] {
                for measure in Measure.allCases {
                    let result = try await reader.year(year, of: person, tenant: tenant, measure: measure)
                    let results = figures.year(year, of: person, measure: measure)
                    let goals = figures.goals(year, of: person, measure: measure)
                    let name = "\(tenant)/\(person?.rawValue ?? "all") \(year) \(measure)"
                    if result.results != results { differences.append("\(name): \(result.results), not \(results)") }
                    if result.goals != goals { differences.append("\(name): goals \(result.goals), not \(goals)") }
                }
            }
        }
        return differences
    }
}
