import Ledger
import Model
import SalesTargets

/// Every number that the ledger can be asked for, compared with the model's.
struct Comparison {
    let reader: LedgerReader
    let figures: Figures
    let tenant: Identifier
    let people: [Identifier]

    /// What differs, each in a line.
    func differences() async throws -> [String] {
        try await targets() + drillDowns() + years()
    }

    private func targets() async throws -> [String] {
        var differences: [String] = []
        let results = try await reader.targets(of: tenant) { $0.targets }
        let expected = figures.targets.map(\.id)
        if results.map(\.target.id) != expected {
            differences.append("targets \(results.map(\.target.id)), not \(expected)")
        }
        for result in results {
            guard let target = figures.target(result.target.id) else { continue }
            let realized = figures.result(of: target)
            if result.realized != realized {
                differences.append("\(tenant)/\(target.id) realized \(result.realized), not \(realized)")
            }
            for (assignee, other) in zip(result.assignees, figures.assignees(of: target)) where assignee != other {
                differences.append("\(tenant)/\(target.id) \(assignee), not \(other)")
            }
            if result.isCounting { differences.append("\(tenant)/\(target.id) is still counting") }
        }
        return differences
    }

    private func drillDowns() async throws -> [String] {
        var differences: [String] = []
        for target in figures.targets {
            var found: [(order: Identifier, contributes: Tally)] = []
            var after: OrderPosition?
            repeat {
                let page = try await reader.orders(of: target, tenant: tenant, after: after, limit: 97)
                for order in page.orders {
                    found.append((order.id, order.worth?.tally(of: Set(target.assignees)) ?? .zero))
                }
                after =
                    page.hasMore
                    ? page.orders.last.flatMap { last in
                        last.worth.map { OrderPosition(day: $0.day, order: last.id) }
                    } : nil
            } while after != nil
            let expected = figures.orders(of: target)
            if found.count != expected.count || !zip(found, expected).allSatisfy({ $0 == $1 }) {
                differences.append(
                    "\(tenant)/\(target.id) lists \(found.count) orders, not \(expected.count), or others"
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
                    if result.results != results {
                        differences.append("\(name): results \(result.results), not \(results)")
                    }
                    if result.goals != goals { differences.append("\(name): goals \(result.goals), not \(goals)") }
                }
            }
        }
        return differences
    }
}
