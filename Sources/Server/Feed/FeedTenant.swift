internal import NIOCore
internal import SalesRules

/// The streams of a tenant, and the events for them.
struct FeedTenant {
    /// How long the events of a scope are kept after its last stream closed, for viewers who reconnect.
    static let retention = Duration.seconds(120)

    private struct Followers {
        var streams: Set<UInt64> = []
        /// The journal has all events of this scope after this number.
        var completeSince: UInt64
        /// When the last stream closed; nil while one is open.
        var emptySince: ContinuousClock.Instant?
    }

    private var followers: [FeedScope: Followers] = [:]
    /// What changed and is not read yet.
    var changes = FeedChanges()
    /// The streams that need a snapshot, by scope.
    private(set) var snapshotRequests: [FeedScope: Set<UInt64>] = [:]
    /// The targets as they were at the last read; nil before the first.
    var catalog: Catalog?
    private(set) var journal: FeedJournal
    /// The frame for managers who have all events before the latest update. Nearly all managers do.
    private var latest: (after: UInt64, frame: (frame: ByteBuffer, upTo: UInt64))?

    /// A tenant whose events are kept after this number.
    init(after number: UInt64) { journal = FeedJournal(after: number) }

    /// Whether there is something to read.
    var needsReading: Bool { !changes.isEmpty || !snapshotRequests.isEmpty || catalog == nil }

    /// Whether it has no streams, and none that may reconnect.
    var isUnused: Bool { followers.isEmpty }

    /// The scopes to read for.
    var scopes: Set<FeedScope> { Set(followers.keys) }

    mutating func join(_ stream: UInt64, _ scope: FeedScope, at number: UInt64) {
        followers[scope, default: Followers(completeSince: number)].streams.insert(stream)
        followers[scope]?.emptySince = nil
    }

    mutating func leave(_ stream: UInt64, _ scope: FeedScope, at now: ContinuousClock.Instant) {
        followers[scope]?.streams.remove(stream)
        if followers[scope]?.streams.isEmpty == true { followers[scope]?.emptySince = now }
        snapshotRequests[scope]?.remove(stream)
        if snapshotRequests[scope]?.isEmpty == true { snapshotRequests[scope] = nil }
    }

    /// Removes scopes that have had no stream for ``retention``.
    mutating func removeEmptyScopes(at now: ContinuousClock.Instant) {
        followers = followers.filter { $0.value.emptySince.map { $0.duration(to: now) < Self.retention } ?? true }
    }

    /// Whether the journal has all events of a scope after this number.
    func canResume(_ scope: FeedScope, after number: UInt64) -> Bool {
        // What is read for a manager includes every salesperson's scope.
        let since = [scope, .all].compactMap { followers[$0]?.completeSince }.min()
        guard let since else { return false }
        return number >= max(since, journal.discardedUpTo)
    }

    /// The streams of these audiences.
    func streams(of audiences: some Sequence<FeedAudience>) -> Set<UInt64> {
        var scopes: Set<FeedScope> = []
        for audience in audiences {
            if audience.managers { scopes.insert(.all) }
            for person in audience.people { scopes.insert(.own(person)) }
        }
        return scopes.reduce(into: []) { streams, scope in streams.formUnion(followers[scope]?.streams ?? []) }
    }

    /// Requests a snapshot for streams of a scope.
    mutating func requestSnapshot(for streams: some Sequence<UInt64>, _ scope: FeedScope) {
        snapshotRequests[scope, default: []].formUnion(streams)
    }

    /// Changes up to this number may be unknown: every stream needs a snapshot.
    mutating func resync(after number: UInt64) {
        changes.isIncomplete = true
        changes.hasOverflowed = false
        journal.restart(after: number)
        latest = nil
        for (scope, group) in followers {
            followers[scope]?.completeSince = number
            if !group.streams.isEmpty { requestSnapshot(for: group.streams, scope) }
        }
    }

    /// Takes some of the snapshot requests, so that many of them do not delay the events for the other streams.
    mutating func takeSnapshotRequests(atMost limit: Int) -> [FeedScope: Set<UInt64>] {
        var taken: [FeedScope: Set<UInt64>] = [:]
        for scope in snapshotRequests.keys.prefix(limit) { taken[scope] = snapshotRequests.removeValue(forKey: scope) }
        return taken
    }

    /// Adds the events of an update.
    mutating func append(_ events: [FeedEvent], after number: UInt64, boot: String) {
        for (index, var event) in events.enumerated() {
            if case .withdrawal(let target) = event.subject, let earlier = journal.audience(of: event.subject) {
                // The event replaces an earlier one: it must also reach the people of that one who are still not assigned.
                event.audience.people.formUnion(earlier.people.subtracting(catalog?[target]?.target.assignees ?? []))
            }
            journal.append(event, at: FeedPosition(boot: boot, number: number + UInt64(index) + 1))
        }
        latest = followers[.all].flatMap { _ in journal.frame(after: number, for: .all) }.map { (number, $0) }
    }

    /// The next events of a scope after a number.
    func frame(after number: UInt64, for scope: FeedScope) -> (frame: ByteBuffer, upTo: UInt64)? {
        if scope == .all, let latest, latest.after == number { return latest.frame }
        return journal.frame(after: number, for: scope)
    }
}
