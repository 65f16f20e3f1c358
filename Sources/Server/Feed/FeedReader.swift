internal import Events
internal import Ledger
internal import SalesRules

/// Looks at what changed of a tenant, once for everyone who follows it.
struct FeedReading: Sendable {
    let reader: LedgerReader
    let today: @Sendable () -> Day

    /// What there is to tell.
    func news(of round: FeedState.Round) async throws -> FeedState.News {
        let catalog = try await reader.catalog(of: round.tenant)
        let followed = Followed(round.scopes)
        let changed = round.changes.targets(in: catalog).filter { followed.includes($0.value.target.assignees) }
        let standing = round.behind.isEmpty ? [:] : Self.targets(of: round.behind.keys, in: catalog)
        var wanted = changed
        for targets in standing.values where targets.count <= FeedState.targetLimit {
            for target in targets { wanted[target.target.id] = target }
        }
        let progress = try await progress(of: wanted.values.sorted { $0.target.id < $1.target.id }, round.tenant)
        var news = FeedState.News(events: departures(of: round, in: catalog), standing: [:], catalog: catalog)
        for id in changed.keys.sorted() { if let event = progress[id] { news.events.append(event) } }
        for key in round.changes.days.keys where key.person.map({ followed.includes([$0]) }) ?? followed.isAll {
            news.events.append(.results(of: key.person, year: key.year))
        }
        for (scope, targets) in standing {
            news.standing[scope] = self.standing(of: scope, targets.map(\.target), progress)
        }
        return news
    }

    /// What is told when nothing can be read.
    static func nothing(for round: FeedState.Round) -> FeedState.News {
        var reload = FeedEvent.reload
        for case .own(let person) in round.scopes { reload.audience.people.insert(person) }
        let standing = round.behind.mapValues { _ in [FeedEvent.reload] }
        return FeedState.News(events: [reload], standing: standing, catalog: round.formerCatalog ?? Catalog())
    }

    /// Whose news are wanted.
    private struct Followed {
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

    /// The targets that are gone, for everyone or for some.
    private func departures(of round: FeedState.Round, in catalog: Catalog) -> [FeedEvent] {
        var candidates = round.changes.targets
        if round.changes.isIncomplete { candidates.formUnion(round.formerCatalog?.targets.map(\.target.id) ?? []) }
        return candidates.sorted().compactMap { id in
            let former = round.formerCatalog?[id]?.target.assignees ?? []
            guard let target = catalog[id]?.target else { return .removed(id, formerly: former) }
            let withdrawn = Set(former).subtracting(target.assignees)
            return withdrawn.isEmpty ? nil : .withdrawn(id, from: withdrawn)
        }
    }

    /// All that a viewer who missed something has to know, or that it is too much.
    private func standing(
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
            let text = TargetText(currency: reader.rules.currency, today: today(), people: names)
            for result in results {
                let entry = JSONWriter.object { text.write(result, to: &$0) }
                events[result.target.id] = .progress(of: result.target, entry: entry)
            }
            rest = rest.dropFirst(length)
        }
        return events
    }
}
