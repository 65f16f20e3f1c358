internal import NIOCore
internal import SalesRules

/// Who follows a tenant, and what there is to tell them.
struct FeedTenant {
    /// How long news of a scope go on being kept after its last stream ended, for those who come back.
    static let patience = Duration.seconds(120)

    private struct Following {
        var streams: Set<UInt64> = []
        /// The number after which this scope's news are kept without a gap.
        var since: UInt64
        /// When the last stream ended.
        var left: ContinuousClock.Instant?
    }

    private var followings: [FeedScope: Following] = [:]
    /// What changed and was not looked at yet.
    var changes = FeedChanges()
    /// Streams that have to be told how everything stands, by their scope.
    private(set) var behind: [FeedScope: Set<UInt64>] = [:]
    /// The targets as they were last looked at; nil when they never were.
    var catalog: Catalog?
    private(set) var journal: FeedJournal
    /// What those managers get who have everything up to the latest round of news, which is nearly all of them.
    private var latest: (after: UInt64, frame: (frame: ByteBuffer, upTo: UInt64))?

    /// A tenant whose news are kept from this number on.
    init(after number: UInt64) { journal = FeedJournal(after: number) }

    /// Whether there is something to be looked at.
    var needsReading: Bool { !changes.isEmpty || !behind.isEmpty || catalog == nil }

    /// Whether nobody follows it any more.
    var isAbandoned: Bool { followings.isEmpty }

    /// The scopes whose news have to be looked at.
    var scopes: Set<FeedScope> { Set(followings.keys) }

    mutating func enter(_ stream: UInt64, _ scope: FeedScope, at number: UInt64) {
        followings[scope, default: Following(since: number)].streams.insert(stream)
        followings[scope]?.left = nil
    }

    mutating func leave(_ stream: UInt64, _ scope: FeedScope, at now: ContinuousClock.Instant) {
        followings[scope]?.streams.remove(stream)
        if followings[scope]?.streams.isEmpty == true { followings[scope]?.left = now }
        behind[scope]?.remove(stream)
        if behind[scope]?.isEmpty == true { behind[scope] = nil }
    }

    /// Stops keeping news for those who have been away for long.
    mutating func forget(at now: ContinuousClock.Instant) {
        followings = followings.filter { $0.value.left.map { $0.duration(to: now) < Self.patience } ?? true }
    }

    /// Whether someone who has everything up to this number can be told the rest.
    func canContinue(_ scope: FeedScope, after number: UInt64) -> Bool {
        // Whoever looks for a manager looks for everyone.
        let since = [scope, .all].compactMap { followings[$0]?.since }.min()
        guard let since else { return false }
        return number >= max(since, journal.floor)
    }

    /// The streams that get to see what these audiences do.
    func streams(of audiences: some Sequence<FeedAudience>) -> Set<UInt64> {
        var scopes: Set<FeedScope> = []
        for audience in audiences {
            if audience.managers { scopes.insert(.all) }
            for person in audience.people { scopes.insert(.own(person)) }
        }
        return scopes.reduce(into: []) { streams, scope in streams.formUnion(followings[scope]?.streams ?? []) }
    }

    /// Streams of a scope have to be told how everything stands.
    mutating func fallBehind(_ streams: some Sequence<UInt64>, _ scope: FeedScope) {
        behind[scope, default: []].formUnion(streams)
    }

    /// More may have changed up to this number than is known: everyone is behind.
    mutating func missEverything(upTo number: UInt64) {
        changes.isIncomplete = true
        changes.hasOverflowed = false
        journal.restart(after: number)
        latest = nil
        for (scope, following) in followings {
            followings[scope]?.since = number
            if !following.streams.isEmpty { fallBehind(following.streams, scope) }
        }
    }

    /// Takes some of those who are behind, so that many do not hold up the news of the others.
    mutating func takeBehind(atMost limit: Int) -> [FeedScope: Set<UInt64>] {
        var taken: [FeedScope: Set<UInt64>] = [:]
        for scope in behind.keys.prefix(limit) { taken[scope] = behind.removeValue(forKey: scope) }
        return taken
    }

    /// Adds a round of events.
    mutating func append(_ events: [FeedEvent], after number: UInt64, boot: String) {
        for (index, var event) in events.enumerated() {
            if case .withdrawal(let target) = event.subject, let earlier = journal.audience(of: event.subject) {
                // Those who lost it before this round, and did not get it back.
                event.audience.people.formUnion(earlier.people.subtracting(catalog?[target]?.target.assignees ?? []))
            }
            journal.append(event, at: FeedPosition(boot: boot, number: number + UInt64(index) + 1))
        }
        latest = followings[.all].flatMap { _ in journal.frame(after: number, for: .all) }.map { (number, $0) }
    }

    /// The next events that a scope gets after a number.
    func frame(after number: UInt64, for scope: FeedScope) -> (frame: ByteBuffer, upTo: UInt64)? {
        if scope == .all, let latest, latest.after == number { return latest.frame }
        return journal.frame(after: number, for: scope)
    }
}
