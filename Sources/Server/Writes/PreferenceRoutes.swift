internal import Events
internal import Hummingbird
internal import Ledger
internal import SalesRules

/// Saves what a person chose to see in the widget.
struct PreferenceRoutes: Sendable {
    let reader: LedgerReader
    let writer: EventWriter
    let decoder: RequestBodyDecoder

    func add(to group: RouterGroup<Context>) {
        group.put("me/preferences") { request, context in try await save(request, context) }
    }

    private func save(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireReader()
        let choice = try decoder.choice(try await JSONBody.read(request))
        _ = try viewer.chosen(choice.salesperson)
        let person = TenantScoped(tenant: viewer.tenant, id: viewer.id)
        // Only this person makes the choice, and the last one wins: one that loses against another made at the same time,
        // on a second device or by a second click, is written again.
        for _ in 0..<Self.attempts {
            let version = try EventWriter.edit(after: try await reader.preference(of: person).version)
            let event = Event(tenant: person.tenant, .person(person.id, .preferred(choice, version: version)))
            guard try await writer.write([event], by: nil) else { return .accepted("/api/v1/me") }
            let saved = try await reader.preference(of: person)
            if saved.version != version || saved.value == choice {
                return .json { json in choice.write(to: &json) }
            }
        }
        throw Problem.preconditionFailed
    }

    private static let attempts = 5
}

extension WidgetChoice {
    /// Writes the member `widget`.
    func write(to json: inout JSONWriter) {
        json.object("widget") { json in
            if let year { json.member("year", Int64(year)) }
            if let salesperson { json.member("salesperson", salesperson.rawValue) }
            if let measure { json.member("measure", measure.rawValue) }
        }
    }
}
