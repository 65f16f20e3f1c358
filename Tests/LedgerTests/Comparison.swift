import Ledger
import Model
import SalesTargets
import Testing

/// Expects that everything which can be read from the ledger is what the model works out.
func expectSame(
    _ reader: LedgerReader,
    _ model: Model,
    _ history: History,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let comparison = Comparison(reader: reader, history: history, sourceLocation: sourceLocation)
    for tenant in History.tenants {
        let figures = model.figures(of: tenant)
        try await comparison.targets(tenant, figures)
        try await comparison.years(tenant, figures)
        try await comparison.drillDowns(tenant, figures)
        let people = try await reader.people(of: tenant)
        let expected = model.people(of: tenant)
        #expect(people.mapValues(\.email) == expected.mapValues(\.email), sourceLocation: sourceLocation)
        for person in history.people {
            let choice = try await reader.preference(of: TenantScoped(tenant: tenant, id: person))
            #expect(choice == model.preference(of: person, tenant: tenant), sourceLocation: sourceLocation)
        }
    }
}

private struct Comparison {
    let reader: LedgerReader
    let history: History
    let sourceLocation: SourceLocation

    var comment: Comment { "seed \(history.seed)" }

    func targets(_ tenant: Identifier, _ figures: Figures) async throws {
        let results = try await reader.targets(of: tenant) { $0.targets }
        #expect(results.map(\.target.id) == figures.targets.map(\.id), comment, sourceLocation: sourceLocation)
        for (result, target) in zip(results, figures.targets) {
            let name: Comment = "\(tenant)/\(target.id), seed \(history.seed)"
            #expect(result.realized == figures.result(of: target), name, sourceLocation: sourceLocation)
            #expect(!result.isCounting, name, sourceLocation: sourceLocation)
            let assignees = figures.assignees(of: target)
            #expect(result.assignees.map(\.person) == assignees.map(\.person), name, sourceLocation: sourceLocation)
            #expect(result.assignees.map(\.tally) == assignees.map(\.tally), name, sourceLocation: sourceLocation)
            #expect(result.target.goal == target.goal, name, sourceLocation: sourceLocation)
            #expect(result.target.measure == target.measure, name, sourceLocation: sourceLocation)
        }
    }

    func years(_ tenant: Identifier, _ figures: Figures) async throws {
        for person in history.people.map(Optional.some) + [nil] {
            for year in History.years {
                for measure in Measure.allCases {
                    let result = try await reader.year(year, of: person, tenant: tenant, measure: measure)
                    let name: Comment = "\(tenant)/\(person?.rawValue ?? "*") \(year) \(measure), seed \(history.seed)"
                    let results = figures.year(year, of: person, measure: measure)
                    #expect(result.results == results, name, sourceLocation: sourceLocation)
                    let goals = figures.goals(year, of: person, measure: measure)
                    #expect(result.goals == goals, name, sourceLocation: sourceLocation)
                }
            }
        }
    }

    func drillDowns(_ tenant: Identifier, _ figures: Figures) async throws {
        for (place, target) in figures.targets.enumerated() {
            let name: Comment = "\(tenant)/\(target.id), seed \(history.seed)"
            let limit = 1 + place % 9
            var orders: [OrderResult] = []
            var page: (orders: [OrderResult], hasMore: Bool)
            repeat {
                let after = orders.last.map { OrderPosition(day: $0.worth!.day, order: $0.id) }
                page = try await reader.orders(of: target, tenant: tenant, after: after, limit: limit)
                #expect(page.orders.count == limit || !page.hasMore, name, sourceLocation: sourceLocation)
                orders += page.orders
            } while page.hasMore && !page.orders.isEmpty
            let expected = figures.orders(of: target)
            #expect(orders.map(\.id) == expected.map(\.order), name, sourceLocation: sourceLocation)
            let tallies = orders.map { $0.worth?.tally(of: Set(target.assignees)) }
            #expect(tallies == expected.map(\.contributes), name, sourceLocation: sourceLocation)
        }
    }
}
