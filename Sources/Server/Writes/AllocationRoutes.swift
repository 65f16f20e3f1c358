internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import SalesRules

/// Allocations that are saved on their own: with them managers divide an order.
struct AllocationRoutes: Sendable {
    let reader: LedgerReader
    let writer: EventWriter
    let decoder: RequestBodyDecoder

    /// The id of an allocation, and its order before the change.
    private struct Place {
        let id: Identifier
        let order: Order
        let entry: OrderEntry
    }

    func add(to group: RouterGroup<Context>) {
        group.post("orders/:id/allocations") { request, context in try await create(request, context) }
        group.get("allocations/:id") { request, context in try await one(request, context) }
        group.put("allocations/:id") { request, context in try await save(request, context) }
        group.delete("allocations/:id") { request, context in try await delete(request, context) }
    }

    private func create(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireManager()
        let isPreview = try Query.read(request) { $0.flag("preview") }
        let body = try decoder.allocation(try await JSONBody.read(request))
        guard let id = context.id, let found = try await reader.order(id, of: viewer.tenant),
            let order = found.entry.order
        else { throw Problem.notFound("such order") }
        guard body.order == nil || body.order == id else { throw Problem.otherOrder }
        let place = Place(id: body.id ?? .random("A-"), order: order, entry: found.entry)
        guard EffectiveAllocation.of(place.id, in: place.entry) == nil else {
            throw Problem(
                status: .conflict,
                detail: "The order already has an allocation with this id.",
                errors: [.init(member: "id", reason: "exists already")]
            )
        }
        return try await put(body.allocation, at: place, isPreview: isPreview, by: viewer, status: .created)
    }

    private func one(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireReader()
        let place = try await place(request, context, viewer)
        guard try await reader.maySee(reader.rules.worth(of: place.entry), viewer) else { throw Problem.forbidden }
        return try await answer(place, place.entry, of: viewer.tenant, status: .ok)
    }

    private func save(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireManager()
        let isPreview = try Query.read(request) { $0.flag("preview") }
        let body = try decoder.allocation(try await JSONBody.read(request))
        guard body.id == nil || body.id == context.id else { throw Problem.otherID }
        let place = try await place(request, context, viewer)
        guard body.order == nil || body.order == place.order.id else { throw Problem.otherOrder }
        return try await put(body.allocation, at: place, isPreview: isPreview, by: viewer, status: .ok)
    }

    private func delete(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireManager()
        let isPreview = try Query.read(request) { $0.flag("preview") }
        let place = try await place(request, context, viewer)
        let change = OrderChange.allocationDeleted(place.id, version: try edit(at: place))
        let entry = try applying(change, to: place)
        if isPreview { return try await reader.answer(place.order, entry, of: viewer.tenant) }
        guard try await write(change, at: place, expecting: nil, by: viewer) != nil else {
            return .accepted("/api/v1/orders/\(place.order.id)")
        }
        return Response(status: .noContent)
    }

    private func put(
        _ allocation: Allocation,
        at place: Place,
        isPreview: Bool,
        by viewer: Viewer,
        status: HTTPResponse.Status
    ) async throws -> Response {
        var allocation = allocation
        allocation.id = place.id
        let change = OrderChange.allocationSaved(allocation, version: try edit(at: place))
        let entry = try applying(change, to: place)
        if isPreview { return try await reader.answer(place.order, entry, of: viewer.tenant) }
        guard let applied = try await write(change, at: place, expecting: entry, by: viewer) else {
            return .accepted(Self.location(of: place))
        }
        return try await answer(place, applied, of: viewer.tenant, status: status)
    }

    private func answer(
        _ place: Place,
        _ entry: OrderEntry,
        of tenant: Identifier,
        status: HTTPResponse.Status
    ) async throws -> Response {
        guard let effective = EffectiveAllocation.of(place.id, in: entry) else {
            throw Problem.notFound("such allocation")
        }
        let people = try await reader.people([effective.allocation.salesperson], of: tenant)
        let text = OrderJSON(rules: reader.rules, people: people)
        var headers: HTTPFields = [.eTag: effective.tag.description]
        if status == .created { headers[.location] = Self.location(of: place) }
        return .json(status: status, headers: headers) { json in
            json.member("id", place.id.rawValue)
            json.member("order", place.order.id.rawValue)
            text.write(effective, of: place.order, to: &json)
        }
    }

    private static func location(of place: Place) -> String {
        "/api/v1/allocations/\(place.id)?order=\(place.order.id)"
    }

    /// The allocation in the path and the order in the query; for a change, after a check of `If-Match`. Without an order in the
    /// query, the allocation is found if it was saved on its own for one order only.
    private func place(_ request: Request, _ context: Context, _ viewer: Viewer) async throws -> Place {
        let named = try Query.read(request) { $0.id("order") }
        guard let id = context.id else { throw Problem.notFound("such allocation") }
        let orders = if let named { [named] } else { try await reader.orders(withOwn: id, of: viewer.tenant) }
        guard orders.count <= 1 else {
            throw Problem(
                status: .conflict,
                detail: "Several orders have an allocation with this id: add the parameter order.",
                errors: [.init(member: "order", reason: "is missing")]
            )
        }
        guard let name = orders.first, let found = try await reader.order(name, of: viewer.tenant),
            let order = found.entry.order, let effective = EffectiveAllocation.of(id, in: found.entry)
        else { throw Problem.notFound("such allocation") }
        if ![.get, .head].contains(request.method) { try Precondition.check(request, effective.tag) }
        return Place(id: id, order: order, entry: found.entry)
    }

    private func edit(at place: Place) throws -> RecordVersion {
        try EventWriter.edit(after: place.entry.own.first { $0.id == place.id }?.version)
    }

    /// The order after the change.
    private func applying(_ change: OrderChange, to place: Place) throws -> OrderEntry {
        var entry = place.entry
        do throws(BoundExceeded) {
            _ = try entry.apply(change)
        } catch {
            throw Problem(status: .conflict, detail: "The change is refused: \(error.reason).")
        }
        return entry
    }

    /// - Parameter entry: the order after the change; nil when the allocation is deleted.
    /// - Returns: the order as it is now; nil when the change was not applied in time.
    private func write(
        _ change: OrderChange,
        at place: Place,
        expecting entry: OrderEntry?,
        by viewer: Viewer
    ) async throws -> OrderEntry? {
        func tag(_ entry: OrderEntry) -> RecordETag? { EffectiveAllocation.of(place.id, in: entry)?.tag }
        return try await writer.change(
            Event(tenant: viewer.tenant, .order(place.order.id, change)),
            by: viewer.id,
            expecting: entry.flatMap(tag),
            elseThrow: .preconditionFailed
        ) {
            let entry = try await reader.order(place.order.id, of: viewer.tenant)?.entry ?? OrderEntry()
            return (tag(entry), entry)
        }
    }
}

extension Problem {
    /// The id in the body is not the one in the path.
    static let otherID = badBody([.init(member: "id", reason: "is not the id in the path")])

    /// The order in the body is not the allocation's.
    fileprivate static let otherOrder = badBody([
        .init(
            member: "order",
            reason:
                "is not the order of this allocation, which cannot be moved: delete it, and create one on the other "
                + "order"
        )
    ])
}
