internal import Events
internal import Hummingbird
internal import SalesRules

/// Saves what a person chose to see in the widget.
struct PreferenceRoutes: Sendable {
    let writer: EventWriter
    let decoder: RequestBodyDecoder

    func add(to group: RouterGroup<Context>) {
        group.put("me/preferences") { request, context in try await save(request, context) }
    }

    private func save(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireReader()
        let choice = try decoder.choice(try await JSONBody.read(request))
        _ = try viewer.chosen(choice.salesperson)
        // Without a version the last choice wins; only this person makes it.
        let event = Event(tenant: viewer.tenant, .person(viewer.id, .preferred(choice, version: nil)))
        guard try await writer.write([event], by: nil) else { return .accepted("/api/v1/me") }
        return .json { json in choice.write(to: &json) }
    }
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
