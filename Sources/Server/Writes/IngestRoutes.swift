internal import Events
internal import Foundation
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
        let events = try decoder.events(body, tenant: viewer.tenant, headers: Self.headers(of: request))
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

    /// The headers of the request as those of a record: `ce-type` is `ce_type` (CloudEvents 1.0, HTTP protocol binding).
    private static func headers(of request: Request) -> [RecordHeader] {
        let type = RecordHeader(name: "content-type", value: Array(JSONBody.mediaType(of: request).utf8))
        return [type]
            + request.headers.compactMap { field in
                let name = field.name.canonicalName
                guard name.hasPrefix("ce-") else { return nil }
                let value = field.value.removingPercentEncoding ?? field.value
                return RecordHeader(name: "ce_" + name.dropFirst(3), value: Array(value.utf8))
            }
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
