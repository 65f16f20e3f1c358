internal import Foundation
internal import Ledger
internal import NIOCore
internal import SalesRules

/// All streams of a server, and what there is to tell them. A value without I/O: whoever changes it then calls
/// ``takeWakes()``, and looks at what changed when ``needsReading`` says so.
struct FeedState {
    /// The most streams of one server.
    static let streamLimit = 10_000
    /// How many scopes are told at once how everything stands.
    static let scopesPerRound = 16
    /// The most targets that a viewer is told of one by one who missed more than is known.
    static let targetLimit = 1_000
    /// Every stream shows that it is alive once in so many seconds.
    static let commentSeconds = 15
    /// A viewer who takes nothing for so long is hung up on.
    static let stallLimit = Duration.seconds(30)

    let boot: String
    private(set) var tenants: [Identifier: FeedTenant] = [:]
    private var streams: [UInt64: FeedStreamState] = [:]
    /// The number of the last event. It does not begin at zero, so that zero is before everything.
    private(set) var number: UInt64 = 1
    private var lastStream: UInt64 = 0
    private var seconds = 0
    private var wakes: [@Sendable () -> Void] = []
    private var isClosed = false
    /// Whether announcements are heard.
    var isListening = false
    /// How old the results are, and how often there was news of that; nil before the first.
    private var freshness: (event: ByteBuffer, number: UInt64)?

    init(boot: String) { self.boot = boot }

    var streamCount: Int { streams.count }

    /// Whether something is to be looked at.
    var needsReading: Bool { tenants.values.contains { $0.needsReading } }

    /// Whom the changes have woken.
    mutating func takeWakes() -> [@Sendable () -> Void] {
        defer { wakes = [] }
        return wakes
    }

    /// A new stream.
    /// - Parameter last: what the viewer says the last event was that they got; nil when they have just looked.
    /// - Returns: nil when there are too many streams, or the server is stopping; and what goes out first.
    mutating func open(
        _ viewer: Viewer,
        _ scope: FeedScope,
        after last: String?,
        hangUp: @escaping @Sendable () -> Void
    ) -> (id: UInt64, opening: ByteBuffer)? {
        guard !isClosed, streams.count < Self.streamLimit else { return nil }
        lastStream += 1
        var tenant = tenants[viewer.tenant] ?? FeedTenant(after: number)
        let position = last.map { FeedPosition($0) ?? FeedPosition(boot: "", number: 0) }
        let known = position.flatMap { $0.boot == boot && $0.number <= number ? $0.number : nil }
        let start = known.flatMap { tenant.canContinue(scope, after: $0) ? $0 : nil }
        tenant.enter(lastStream, scope, at: number)
        let isBehind = last != nil && start == nil
        if isBehind { tenant.fallBehind([lastStream], scope) }
        tenants[viewer.tenant] = tenant
        streams[lastStream] = FeedStreamState(
            viewer: viewer,
            scope: scope,
            number: start ?? number,
            isBehind: isBehind,
            freshness: freshness?.number ?? 0,
            hangUp: hangUp
        )
        let place = isBehind ? nil : FeedPosition(boot: boot, number: start ?? number)
        var opening = FeedText.opening(at: place)
        if let freshness { opening.writeImmutableBuffer(freshness.event) }
        return (lastStream, opening)
    }

    /// What a stream does next.
    enum Step: Hashable {
        case write(ByteBuffer)
        /// It is woken when there is something to do.
        case wait
        case end
    }

    /// What a stream does next, now that its last frame is written.
    mutating func next(_ id: UInt64, at now: ContinuousClock.Instant, wake: @escaping @Sendable () -> Void) -> Step {
        guard var stream = streams[id], !stream.isEnded else { return .end }
        // Put back at the end, so that the backlog is changed in place.
        streams[id] = nil
        defer { streams[id] = stream }
        if let frame = frame(for: &stream, id) {
            stream.writingSince = now
            return .write(frame)
        }
        stream.writingSince = nil
        stream.wake = wake
        return .wait
    }

    private mutating func frame(for stream: inout FeedStreamState, _ id: UInt64) -> ByteBuffer? {
        if let freshness, stream.freshness != freshness.number {
            stream.freshness = freshness.number
            return freshness.event
        }
        if let frame = stream.takeBacklog() { return frame }
        if !stream.isBehind, let tenant = tenants[stream.viewer.tenant] {
            if stream.number < tenant.journal.floor {
                stream.isBehind = true
                tenants[stream.viewer.tenant]?.fallBehind([id], stream.scope)
            } else if let (frame, upTo) = tenant.frame(after: stream.number, for: stream.scope) {
                stream.number = upTo
                return frame
            } else {
                stream.number = number
            }
        }
        guard stream.owesComment else { return nil }
        stream.owesComment = false
        return FeedText.comment
    }

    /// How old the results are.
    /// - Parameter isNews: whether those who were told something earlier are told this.
    mutating func tell(freshness event: ByteBuffer, isNews: Bool) {
        let before = freshness?.number ?? 0
        freshness = (event, isNews ? before + 1 : before)
        if isNews { for id in streams.keys { wake(id, having: number) } }
    }

    /// Ends a stream after what is being written.
    mutating func end(_ id: UInt64) {
        streams[id]?.isEnded = true
        wake(id, having: number)
    }

    /// A stream is no more.
    mutating func leave(_ id: UInt64, at now: ContinuousClock.Instant) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        tenants[stream.viewer.tenant]?.leave(id, stream.scope, at: now)
    }

    /// Ends all streams, and takes no more.
    mutating func close() {
        isClosed = true
        for id in streams.keys { end(id) }
    }

    /// - Parameter number: whoever waits has everything up to here, or it was not for them.
    private mutating func wake(_ id: UInt64, having number: UInt64) {
        guard let wake = streams[id]?.wake else { return }
        streams[id]?.wake = nil
        wakes.append(wake)
        if streams[id]?.isBehind == false { streams[id]?.number = number }
    }
}

extension FeedState {
    /// Takes in what a transaction changed, as far as someone follows its tenant.
    mutating func hear(_ announcement: Announcement) {
        if announcement.isOfEverything { return missEverything() }
        for days in announcement.days { tenants[days.key.tenant]?.changes.add(days) }
        for target in announcement.targets { tenants[target.tenant]?.changes.add(target: target.id) }
        for person in announcement.people { tenants[person.tenant]?.changes.add(person: person.id) }
        for (name, tenant) in tenants where tenant.changes.hasOverflowed { missEverything(of: name) }
    }

    /// Announcements may have been missed.
    mutating func missEverything() {
        for name in tenants.keys { missEverything(of: name) }
    }

    private mutating func missEverything(of tenant: Identifier) {
        tenants[tenant]?.missEverything(upTo: number)
        for id in tenants[tenant]?.behind.values.joined().map(\.self) ?? [] { streams[id]?.isBehind = true }
    }

    /// What is to be looked at of one tenant.
    struct Round {
        let tenant: Identifier
        let changes: FeedChanges
        /// Whose news are wanted.
        let scopes: Set<FeedScope>
        /// Who has to be told how everything stands.
        let behind: [FeedScope: Set<UInt64>]
        /// The targets as they were last looked at.
        let formerCatalog: Catalog?
        /// What is found is newer than all events up to this number.
        let number: UInt64
    }

    /// What is to be looked at now.
    mutating func takeRounds() -> [Round] {
        tenants.filter { $0.value.needsReading }.keys.map { name in
            let behind = tenants[name]?.takeBehind(atMost: Self.scopesPerRound) ?? [:]
            defer { tenants[name]?.changes = FeedChanges() }
            return Round(
                tenant: name,
                changes: tenants[name]?.changes ?? FeedChanges(),
                scopes: tenants[name]?.scopes ?? [],
                behind: behind,
                formerCatalog: tenants[name]?.catalog,
                number: number
            )
        }
    }

    /// What was found of a tenant.
    struct News {
        /// What to tell whoever may see it.
        var events: [FeedEvent]
        /// How everything stands in a scope.
        var standing: [FeedScope: [FeedEvent]]
        var catalog: Catalog?
    }

    /// Tells the news that a round brought.
    mutating func tell(_ news: News, of round: Round) {
        guard tenants[round.tenant] != nil else { return }
        let before = number
        number += UInt64(news.events.count)
        tenants[round.tenant]?.catalog = news.catalog
        tenants[round.tenant]?.append(news.events, after: before, boot: boot)
        for (scope, ids) in round.behind { catchUp(ids, with: news.standing[scope] ?? [], at: round.number) }
        for id in tenants[round.tenant]?.streams(of: news.events.map(\.audience)) ?? [] {
            wake(id, having: before)
        }
    }

    /// A round could not be looked at, and will be again.
    mutating func putBack(_ round: Round) {
        tenants[round.tenant]?.changes.add(round.changes)
        for (scope, ids) in round.behind {
            // Some may have left meanwhile.
            let left = ids.filter { streams[$0] != nil }
            if !left.isEmpty { tenants[round.tenant]?.fallBehind(left, scope) }
        }
    }

    private mutating func catchUp(_ ids: Set<UInt64>, with standing: [FeedEvent], at number: UInt64) {
        // Only the end says where the stream is: one that breaks off before begins again.
        var blocks = standing.map { FeedText.block($0, at: FeedPosition(boot: boot, number: 0)) }
        blocks.append(FeedText.mark(FeedPosition(boot: boot, number: number)))
        blocks.reverse()
        for id in ids where streams[id]?.isBehind == true {
            streams[id]?.backlog = blocks
            streams[id]?.number = number
            wake(id, having: number)
            streams[id]?.isBehind = false
        }
    }

    /// A second has passed.
    /// - Parameters:
    ///   - now: for how long a write takes.
    ///   - date: for whose token is good no longer.
    mutating func tick(at now: ContinuousClock.Instant, date: Date) {
        seconds += 1
        for (name, _) in tenants {
            tenants[name]?.forget(at: now)
            if tenants[name]?.isAbandoned == true { tenants[name] = nil }
        }
        for (id, stream) in streams {
            if stream.viewer.expires <= date { end(id) }
            if let since = stream.writingSince, since.duration(to: now) > Self.stallLimit {
                wakes.append(stream.hangUp)
            }
            // A few each second, so that not all are woken at once.
            guard Int(id % UInt64(Self.commentSeconds)) == seconds % Self.commentSeconds else { continue }
            streams[id]?.owesComment = true
            wake(id, having: number)
        }
    }
}
