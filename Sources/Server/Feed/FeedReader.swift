internal import Events
internal import Ledger
internal import SalesRules

/// Reads what changed of a tenant, once for all its viewers.
struct FeedReader: Sendable {
    let reader: LedgerReader
    let today: @Sendable () -> Day

    /// The events and snapshots for what changed.
    func update(for read: FeedRead) async throws -> FeedUpdate {
        let catalog = try await reader.catalog(of: read.tenant)
        let followed = FollowedScopes(read.scopes)
        let changed = read.changes.targets(in: catalog).filter { followed.includes($0.value.target.assignees) }
        let requested = read.snapshotRequests.isEmpty ? [:] : Self.targets(of: read.snapshotRequests.keys, in: catalog)
        var needed = changed
        for targets in requested.values where targets.count <= FeedState.targetLimit {
            for target in targets { needed[target.target.id] = target }
        }
        let progress = try await progress(of: needed.values.sorted { $0.target.id < $1.target.id }, read.tenant)
        var update = FeedUpdate(events: removals(in: read, catalog), snapshots: [:], catalog: catalog)
        for id in changed.keys.sorted() { if let event = progress[id] { update.events.append(event) } }
        for key in read.changes.days.keys where key.person.map({ followed.includes([$0]) }) ?? followed.isAll {
            update.events.append(.results(of: key.person, year: key.year))
        }
        for (scope, targets) in requested {
            update.snapshots[scope] = snapshot(of: scope, targets.map(\.target), progress)
        }
        return update
    }

    /// An update for data that cannot be read: it asks all viewers to load everything again.
    static func reload(for read: FeedRead) -> FeedUpdate {
        var reload = FeedEvent.reload
        for case .own(let person) in read.scopes { reload.audience.people.insert(person) }
        let snapshots = read.snapshotRequests.mapValues { _ in [FeedEvent.reload] }
        return FeedUpdate(events: [reload], snapshots: snapshots, catalog: read.previousCatalog ?? Catalog())
    }

    /// The scopes that viewers follow.
    private struct FollowedScopes {
        let isAll: Bool
        private let people: Set<Identifier>

        init(_ scopes: Set<FeedScope>) {
            isAll = scopes.contains(.all)
            people = Set(scopes.compactMap { scope in if case .own(let person) = scope { person } else { nil } })
        }

        func includes(_ assignees: [Identifier]) -> Bool { isAll || !people.isDisjoint(with: assignees) }
    }

    private static func targets(
        of scopes: some Sequence<FeedScope>,
        in catalog: Catalog
    ) -> [FeedScope: [CatalogTarget]] {
        let targets = catalog.targets
        var found: [FeedScope: [CatalogTarget]] = [:]
        for scope in scopes {
            found[scope] = targets.filter { FeedAudience(people: Set($0.target.assignees)).includes(scope) }
        }
        return found
    }

    /// The events for deleted targets, and for targets that some people are no longer assigned to.
    private func removals(in read: FeedRead, _ catalog: Catalog) -> [FeedEvent] {
        var candidates = read.changes.targets
        if read.changes.isIncomplete { candidates.formUnion(read.previousCatalog?.targets.map(\.target.id) ?? []) }
        return candidates.sorted().compactMap { id in
            let former = read.previousCatalog?[id]?.target.assignees ?? []
            guard let target = catalog[id]?.target else { return .removed(id, formerAssignees: former) }
            let withdrawn = Set(former).subtracting(target.assignees)
            return withdrawn.isEmpty ? nil : .withdrawn(id, from: withdrawn)
        }
    }

    /// The current state of a scope as events; a single `reload` when it has too many targets.
    private func snapshot(
        of scope: FeedScope,
        _ targets: [Target],
        _ progress: [Identifier: FeedEvent]
    ) -> [FeedEvent] {
        guard targets.count <= FeedState.targetLimit else { return [.reload] }
        let person: Identifier? = if case .own(let person) = scope { person } else { nil }
        let years = Set(targets.flatMap(\.period.years)).union([today().year])
        return targets.compactMap { progress[$0.id] } + years.sorted().map { .results(of: person, year: $0) }
    }

    private func progress(
        of targets: [CatalogTarget],
        _ tenant: Identifier
    ) async throws -> [Identifier: FeedEvent] {
        var events: [Identifier: FeedEvent] = [:]
        var rest = targets[...]
        while !rest.isEmpty {
            let length = TargetPage.length(of: rest.lazy.map(\.target), limit: FeedState.targetLimit)
            let ids = rest.prefix(length).map(\.target.id)
            let results = try await reader.targets(of: tenant) { catalog in ids.compactMap { catalog[$0] } }
            let names = try await reader.people(Set(results.flatMap(\.target.assignees)), of: tenant)
            let text = TargetJSON(currency: reader.rules.currency, today: today(), people: names)
            for result in results {
                let entry = JSONWriter.object { text.write(result, to: &$0) }
                events[result.target.id] = .progress(of: result.target, entry: entry)
            }
            rest = rest.dropFirst(length)
        }
        return events
    }
}
