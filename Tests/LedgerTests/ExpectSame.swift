import Ledger
import LedgerComparison
import Model
import SalesRules
import Testing

/// Expects that everything in the ledger equals the result of the model.
func expectSame(
    _ reader: LedgerReader,
    _ model: SalesModel,
    _ history: History,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let differences = try await Comparison.differences(reader, model, history)
    let shown = differences.prefix(20).joined(separator: "\n")
    #expect(differences.isEmpty, "seed \(history.seed)\n\(shown)", sourceLocation: sourceLocation)
    for tenant in History.tenants {
        let people = try await reader.people(of: tenant)
        let expected = model.people(of: tenant)
        #expect(people.mapValues(\.email) == expected.mapValues(\.email), sourceLocation: sourceLocation)
        for person in history.people {
            let choice =
                try await reader.preference(of: TenantScoped(tenant: tenant, id: person)).value ?? WidgetChoice()
            #expect(choice == model.preference(of: person, tenant: tenant), sourceLocation: sourceLocation)
        }
    }
}
