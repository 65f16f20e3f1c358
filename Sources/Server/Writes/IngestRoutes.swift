internal import Concurrency
internal import Events
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import Log
internal import SalesRules

/// Accepts events from a source that has no Kafka client.
struct IngestRoutes: Sendable {
    let reader: LedgerReader
    let writer: EventWriter
    let decoder: RequestBodyDecoder
    /// Large bodies are read and decoded a few at a time: each takes memory, and a core for a third of a second.
    private let turns = Turns(perPerson: 2, total: 4, queueLimit: 64)
    /// In bytes; smaller bodies are decoded at once.
    private static let largeBody = 65_536

    init(reader: LedgerReader, writer: EventWriter, decoder: RequestBodyDecoder) {
        self.reader = reader
        self.writer = writer
        self.decoder = decoder
    }

    func add(to group: RouterGroup<Context>) {
        group.post("orders") { request, context in try await events(request, context) }
    }

    private func events(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireViewer()
        guard viewer.role == .ingest else {
            throw Problem(status: .forbidden, detail: "Only the role ingest may send events.")
        }
        let events = try await read(request, viewer)
        let foreign = events.indices.filter { events[$0].tenant != viewer.tenant }
        guard foreign.isEmpty else {
            throw Problem(
                status: .forbidden,
                detail: "An event has another tenant than the token.",
                errors: foreign.prefix(100).map { .init(member: "[\($0)].tenant", reason: "is not the token's") }
            )
        }
        try await checkBounds(of: events, viewer.tenant)
        guard try await writer.write(events, by: nil) else {
            return .accepted(Self.location(of: events))
        }
        return .json { json in json.member("accepted", Int64(events.count)) }
    }

    /// Refuses allocations beyond the bounds of their orders, as far as is known now. Where Redis does not answer, or other
    /// events are on their way, they are written, and the worker says in a dead letter what does not count.
    private func checkBounds(of events: [Event], _ tenant: Identifier) async throws {
        let orders = Set(
            events.compactMap { event in
                if case .order(let id, let change) = event.change, change.isOfAllocation { id } else { nil }
            }
        )
        guard let found = try? await reader.orders(Array(orders), of: tenant) else { return }
        var entries = Dictionary(uniqueKeysWithValues: found.map { ($0.id, $0.entry) })
        var errors: [Problem.BadMember] = []
        for (place, event) in events.enumerated() {
            guard case .order(let id, let change) = event.change else { continue }
            do throws(BoundExceeded) {
                _ = try entries[id]?.apply(change)
            } catch  where change.isOfAllocation {
                errors.append(.init(member: events.count == 1 ? "id" : "[\(place)].id", reason: error.reason))
            } catch {
                // The order itself is never refused for its allocations.
            }
        }
        guard errors.isEmpty else {
            throw Problem(
                status: .conflict,
                detail: "An order has as many allocations as it may have; nothing was written.",
                errors: Array(errors.prefix(100))
            )
        }
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

    private func read(_ request: Request, _ viewer: Viewer) async throws -> [Event] {
        let headers = Self.headers(of: request)
        let length = request.headers[.contentLength].flatMap { Int($0) } ?? .max
        if length <= Self.largeBody {
            let body = try await JSONBody.read(request, upTo: Self.largeBody)
            return try decoder.events(body, tenant: viewer.tenant, headers: headers)
        }
        return try await turns.run(for: viewer) {
            let body = try await JSONBody.read(request, upTo: JSONBody.maximumBulkSize)
            // Not on one of the few threads that answer all requests.
            return try await BlockingThread.run("decode") { [decoder] in
                try decoder.events(body, tenant: viewer.tenant, headers: headers)
            }
        }
    }

    /// Where to read the first order; without an order, where to read the first record.
    private static func location(of events: [Event]) -> String {
        let order = events.lazy.compactMap { event in
            if case .order(let id, _) = event.change { id } else { nil }
        }.first
        if let order { return "/api/v1/orders/\(order)" }
        let target = events.lazy.compactMap { event in
            if case .target(let id, _) = event.change { id } else { nil }
        }.first
        return target.map { "/api/v1/targets/\($0)" } ?? "/api/v1/salespeople"
    }
}
