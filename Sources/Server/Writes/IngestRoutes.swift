internal import Events
internal import Hummingbird
internal import Log
internal import SalesRules

/// Accepts events from a source that has no Kafka client.
struct IngestRoutes: Sendable {
    let writer: EventWriter
    let decoder: RequestBodyDecoder

    func add(to group: RouterGroup<Context>) {
        group.post("orders") { request, context in try await events(request, context) }
    }

    private func events(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireViewer()
        guard viewer.role == .ingest else {
            throw Problem(status: .forbidden, detail: "Only the role ingest may send events.")
        }
        let body = try await JSONBody.read(request, upTo: JSONBody.maximumBulkSize)
        let type = RecordHeader(name: "content-type", value: Array(JSONBody.mediaType(of: request).utf8))
        let events = try decoder.events(body, tenant: viewer.tenant, headers: [type])
        let foreign = events.indices.filter { events[$0].tenant != viewer.tenant }
        guard foreign.isEmpty else {
            throw Problem(
                status: .forbidden,
                detail: "An event has another tenant than the token.",
                errors: foreign.prefix(100).map { .init(member: "[\($0)].tenant", reason: "is not the token's") }
            )
        }
        guard try await writer.write(events, by: nil) else {
            return .accepted(Self.location(of: events))
        }
        return .json { json in json.member("accepted", Int64(events.count)) }
    }

    /// Where to read the first order; without an order, where to read the first record.
    private static func location(of events: [Event]) -> String {
        let order = events.lazy.compactMap { event in
            if case .order(let id, _) = event.change { id } else { nil }
        }.first
        if let order { return "/api/v1/orders/\(order)" }
        if case .target(let id, _) = events.first?.change { return "/api/v1/targets/\(id)" }
        return "/api/v1/salespeople"
    }
}
