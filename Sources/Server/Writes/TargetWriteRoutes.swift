internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Ledger
internal import SalesRules

/// Creates, changes and deletes targets, for managers: one target, or those of a year.
struct TargetWriteRoutes: Sendable {
    let reader: LedgerReader
    let writer: EventWriter
    let decoder: RequestBodyDecoder
    let today: @Sendable () -> Day

    func add(to group: RouterGroup<Context>) {
        group.post("targets") { request, context in try await create(request, context) }
        group.put("targets/:id") { request, context in try await save(request, context) }
        group.delete("targets/:id") { request, context in try await delete(request, context) }
        // Separate routes for months and copies would hide targets with these ids from GET, PUT and DELETE.
        group.post("targets/:id") { request, context in
            switch context.id?.rawValue {
            case "months": try await months(request, context)
            case "copies": try await copies(request, context)
            default: throw Problem.methodNotAllowed(Self.ofTarget)
            }
        }
    }

    private static let ofTarget: Set<HTTPRequest.Method> = [.get, .put, .delete]

    /// The methods of one target, or of `months` and `copies`, which share its path pattern; nil for other paths.
    static func methods(of path: RouterPath, _ context: Context) -> Set<HTTPRequest.Method>? {
        guard path.description == "/api/v1/targets/{id}", let id = context.id?.rawValue else { return nil }
        return ["months", "copies"].contains(id) ? [.post] : ofTarget
    }

    private func create(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireManager()
        let body = try decoder.target(try await JSONBody.read(request))
        let id = body.id ?? .random("T-")
        let record = try await reader.targetRecord(id, of: viewer.tenant)
        guard record?.target == nil else { throw Problem.targetExists }
        let target = body.target.with(id: id, version: try EventWriter.edit(after: record?.version))
        return try await put(target, by: viewer, status: .created, elseThrow: .targetExists)
    }

    private func save(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireManager()
        let body = try decoder.target(try await JSONBody.read(request))
        guard body.id == nil || body.id == context.id else { throw Problem.otherID }
        let current = try await current(request, context, viewer)
        let target = body.target.with(id: current.id, version: try EventWriter.edit(after: current.version))
        return try await put(target, by: viewer, status: .ok, elseThrow: .preconditionFailed)
    }

    private func delete(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireManager()
        let current = try await current(request, context, viewer)
        let change = TargetChange.deleted(version: try EventWriter.edit(after: current.version))
        let event = Event(tenant: viewer.tenant, .target(current.id, change))
        let deleted: Void? = try await writer.change(
            event,
            by: viewer.id,
            expecting: nil,
            elseThrow: .preconditionFailed
        ) {
            let target = try await reader.targetRecord(current.id, of: viewer.tenant)?.target
            return (target.map { RecordETag($0) }, ())
        }
        return deleted == nil ? .accepted(Self.location(of: current.id)) : Response(status: .noContent)
    }

    private func months(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireManager()
        let plan = try decoder.year(try await JSONBody.read(request))
        guard let targets = plan.targets(version: try EventWriter.edit(after: nil), makeID: { .random("T-") }) else {
            throw Problem.badBody([.init(member: "goal", reason: "is too small for twelve months")])
        }
        return try await create(targets, in: plan.year, by: viewer)
    }

    private func copies(_ request: Request, _ context: Context) async throws -> Response {
        let viewer = try context.requireManager()
        let plan = try decoder.copies(try await JSONBody.read(request))
        let catalog = try await reader.catalog(of: viewer.tenant)
        let version = try EventWriter.edit(after: nil)
        let targets: [Target]
        do throws(CopyRefusal) {
            targets = try catalog.copies(plan, version: version) { .random("T-") }
        } catch {
            throw Problem(error)
        }
        return try await create(targets, in: plan.to, by: viewer)
    }

    /// The target in the path, after a check of `If-Match`.
    private func current(_ request: Request, _ context: Context, _ viewer: Viewer) async throws -> Target {
        guard let id = context.id, let target = try await reader.targetRecord(id, of: viewer.tenant)?.target else {
            throw Problem.notFound("such target")
        }
        try Precondition.check(request, RecordETag(target))
        return target
    }

    /// - Parameter problem: thrown when another change was applied first.
    private func put(
        _ target: Target,
        by viewer: Viewer,
        status: HTTPResponse.Status,
        elseThrow problem: Problem
    ) async throws -> Response {
        let event = Event(tenant: viewer.tenant, .target(target.id, .saved(target)))
        let tag = RecordETag(target)
        let applied = try await writer.change(event, by: viewer.id, expecting: tag, elseThrow: problem) {
            let result = try await reader.target(target.id, of: viewer.tenant)
            return (result.map { RecordETag($0.target) }, result)
        }
        guard let applied, let result = applied else { return .accepted(Self.location(of: target.id)) }
        let text = try await text(for: [result], of: viewer.tenant)
        var headers: HTTPFields = [.eTag: tag.description]
        if status == .created { headers[.location] = Self.location(of: target.id) }
        return .json(status: status, headers: headers) { text.write(result, to: &$0) }
    }

    private func create(_ targets: [Target], in year: Int, by viewer: Viewer) async throws -> Response {
        let events = targets.map { Event(tenant: viewer.tenant, .target($0.id, .saved($0))) }
        guard try await writer.write(events, by: viewer.id) else { return .accepted("/api/v1/targets?year=\(year)") }
        var results: [TargetResult] = []
        var rest = targets[...]
        while !rest.isEmpty {
            let page = rest.prefix(TargetPage.length(of: rest, limit: rest.count))
            rest.removeFirst(page.count)
            results += try await reader.targets(of: viewer.tenant) { catalog in page.compactMap { catalog[$0.id] } }
        }
        let text = try await text(for: results, of: viewer.tenant)
        return .json(status: .created) { json in json.objects("targets", results) { text.write($0, to: &$1) } }
    }

    private func text(for results: [TargetResult], of tenant: Identifier) async throws -> TargetJSON {
        let people = try await reader.people(Set(results.flatMap(\.target.assignees)), of: tenant)
        return TargetJSON(currency: reader.rules.currency, today: today(), people: people)
    }

    private static func location(of id: Identifier) -> String { "/api/v1/targets/\(id)" }
}

extension Problem {
    fileprivate static let targetExists = Problem(
        status: .conflict,
        detail: "A target with this id exists already.",
        errors: [.init(member: "id", reason: "exists already")]
    )

    fileprivate init(_ refusal: CopyRefusal) {
        switch refusal {
        case .goal(let id):
            self = .badBody([.init(member: "percent", reason: "makes the goal of target \(id) zero or too large")])
        case .tooMany:
            self = .badBody([
                .init(
                    member: "from",
                    reason: "has more than \(Catalog.maximumCopies) targets: select fewer with salesperson or measure"
                )
            ])
        }
    }
}
