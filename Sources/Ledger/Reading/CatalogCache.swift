internal import Redis
internal import SalesRules

/// The catalogs that all reads of a server share, and what is expensive to compute from them.
///
/// Reads use ``latest``, which is replaced as a whole. Meanwhile the next one is made in steps. Whoever needs it asks for
/// a step, and all who ask at the same time share one.
actor CatalogCache {
    /// As of the last step that caught up.
    private(set) var latest = CatalogRefresh(Catalogs())
    /// What the next step continues.
    private var next = CatalogRefresh(Catalogs())
    private var step: Task<Result<CatalogRefresh.Step, LedgerError>, Never>?
    /// How far the first reading of all targets is; nil once they were read.
    private(set) var loading: CatalogLoading? = CatalogLoading()
    private var goalsOfAll: [GoalsKey: (state: UInt64, goals: [Int64])] = [:]

    struct GoalsKey: Hashable {
        let tenant: Identifier
        let year: Int
        let measure: Measure
    }

    /// The most goals that are kept. A viewer may ask for any year.
    private static let goalsLimit = 10_000

    /// Reads the next page of changes.
    func advance(from link: any RedisLink, keys: KeySpace) async throws(LedgerError) -> CatalogRefresh.Step {
        let step = self.step ?? Task { await performStep(from: link, keys: keys) }
        self.step = step
        return try await step.value.get()
    }

    private func performStep(
        from link: any RedisLink,
        keys: KeySpace
    ) async -> Result<CatalogRefresh.Step, LedgerError> {
        // Moved, so that what only this step has is changed in place.
        var refresh = next
        next = CatalogRefresh(Catalogs())
        let result: Result<CatalogRefresh.Step, LedgerError>
        do throws(LedgerError) {
            result = .success(try await refresh.step(from: link, keys: keys))
        } catch {
            result = .failure(error)
        }
        next = refresh
        loading = refresh.loading
        if case .success(let step) = result, step != .behind { latest = refresh }
        step = nil
        return result
    }

    func goals(_ key: GoalsKey, in catalogs: Catalogs) -> [Int64]? {
        guard let kept = goalsOfAll[key], kept.state == catalogs.state(of: key.tenant) else { return nil }
        return kept.goals
    }

    func keep(_ goals: [Int64], for key: GoalsKey, in catalogs: Catalogs) {
        if goalsOfAll.count >= Self.goalsLimit { goalsOfAll = [:] }
        goalsOfAll[key] = (catalogs.state(of: key.tenant), goals)
    }
}
