internal import Foundation
internal import Ledger
internal import NIOCore
internal import SalesRules

/// All streams of a server, and the events for them. A value without I/O: after each change the caller runs the closures
/// of ``takeWakeups()``, and starts a read if ``needsReading`` is true.
struct FeedState {
    /// The most streams of one server.
    static let streamLimit = 10_000
    /// The most streams of one person: tabs, devices, screens on a wall.
    static let personLimit = 100
    /// The most scopes that one read makes snapshots for.
    static let scopesPerRead = 16
    /// The most targets in a snapshot.
    static let targetLimit = 1_000
    /// The seconds between two comments of a stream.
    static let commentSeconds = 15
    /// The connection is closed after a write that takes longer than this.
    static let stallLimit = Duration.seconds(30)

    let boot: String
    private(set) var tenants: [Identifier: FeedTenant] = [:]
    private var streams: [UInt64: FeedStreamState] = [:]
    /// The number of the last event. It starts at one, so that zero is before all events.
    private(set) var number: UInt64 = 1
    private var streamsOfPeople: [TenantScoped: Int] = [:]
    private var lastStream: UInt64 = 0
    private var seconds = 0
    private var wakeups: [@Sendable () -> Void] = []
    private var isClosed = false
    /// Whether the feed is subscribed to the announcements.
    var isListening = false
    /// The newest freshness event, and the number of the last one for open streams; nil before the first.
    private var freshness: (event: ByteBuffer, number: UInt64)?

    init(boot: String) { self.boot = boot }

    var streamCount: Int { streams.count }

    /// Whether there is something to read.
    var needsReading: Bool { tenants.values.contains { $0.needsReading } }

    /// Takes the closures that resume waiting streams and close stalled connections.
    mutating func takeWakeups() -> [@Sendable () -> Void] {
        defer { wakeups = [] }
        return wakeups
    }

    /// Opens a stream.
    /// - Parameter last: the id of the last event that the viewer received; nil when the viewer has just loaded the data.
    /// - Returns: the stream's id and its first bytes; nil when there are too many streams, of all or of this viewer, or
    ///   the server is stopping.
    mutating func open(
        _ viewer: Viewer,
        _ scope: FeedScope,
        after last: String?,
        closeConnection: @escaping @Sendable () -> Void
    ) -> (id: UInt64, opening: ByteBuffer)? {
        guard !isClosed, streams.count < Self.streamLimit,
            streamsOfPeople[viewer.scopedID, default: 0] < Self.personLimit
        else { return nil }
        streamsOfPeople[viewer.scopedID, default: 0] += 1
        lastStream += 1
        var tenant = tenants[viewer.tenant] ?? FeedTenant(after: number)
        let position = last.map { FeedPosition($0) ?? FeedPosition(boot: "", number: 0) }
        let known = position.flatMap { $0.boot == boot && $0.number <= number ? $0.number : nil }
        let start = known.flatMap { tenant.canResume(scope, after: $0) ? $0 : nil }
        tenant.join(lastStream, scope, at: number)
        let needsSnapshot = last != nil && start == nil
        if needsSnapshot { tenant.requestSnapshot(for: [lastStream], scope) }
        tenants[viewer.tenant] = tenant
        streams[lastStream] = FeedStreamState(
            viewer: viewer,
            scope: scope,
            number: start ?? number,
            needsSnapshot: needsSnapshot,
            freshness: freshness?.number ?? 0,
            closeConnection: closeConnection
        )
        let openingPosition = needsSnapshot ? nil : FeedPosition(boot: boot, number: start ?? number)
        var opening = FeedText.opening(at: openingPosition)
        if let freshness { opening.writeImmutableBuffer(freshness.event) }
        return (lastStream, opening)
    }

    /// What a stream does next.
    enum Step: Hashable {
        case write(ByteBuffer)
        /// The stream waits until its `wake` closure is called.
        case wait
        case end
    }

    /// The next step of a stream whose last frame is written.
    mutating func next(_ id: UInt64, at now: ContinuousClock.Instant, wake: @escaping @Sendable () -> Void) -> Step {
        guard var stream = streams[id], !stream.isEnded else { return .end }
        // Removed until the end, so that the backlog is changed without a copy.
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
        if !stream.needsSnapshot, let tenant = tenants[stream.viewer.tenant] {
            if stream.number < tenant.journal.discardedUpTo {
                stream.needsSnapshot = true
                tenants[stream.viewer.tenant]?.requestSnapshot(for: [id], stream.scope)
            } else if let (frame, upTo) = tenant.frame(after: stream.number, for: stream.scope) {
                stream.number = upTo
                return frame
            } else {
                stream.number = number
            }
        }
        guard stream.needsComment else { return nil }
        stream.needsComment = false
        return FeedText.comment
    }

    /// Sets the freshness event with which new streams begin.
    /// - Parameter toOpenStreams: whether open streams get it too.
    mutating func publish(freshness event: ByteBuffer, toOpenStreams: Bool) {
        let before = freshness?.number ?? 0
        freshness = (event, toOpenStreams ? before + 1 : before)
        if toOpenStreams { for id in streams.keys { wake(id, having: number) } }
    }

    /// Ends a stream after the frame that is being written.
    mutating func end(_ id: UInt64) {
        streams[id]?.isEnded = true
        wake(id, having: number)
    }

    /// Whether a viewer came with a session, which may be ended.
    var hasSessions: Bool { streams.values.contains { $0.viewer.session != nil } }

    /// Ends the streams of some viewers.
    mutating func endStreams(where mustEnd: (Viewer) -> Bool) {
        for (id, stream) in streams where !stream.isEnded && mustEnd(stream.viewer) { end(id) }
    }

    /// Removes a stream.
    mutating func leave(_ id: UInt64, at now: ContinuousClock.Instant) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        let others = streamsOfPeople[stream.viewer.scopedID, default: 1] - 1
        streamsOfPeople[stream.viewer.scopedID] = others == 0 ? nil : others
        tenants[stream.viewer.tenant]?.leave(id, stream.scope, at: now)
    }

    /// Ends all streams, and opens no new ones.
    mutating func close() {
        isClosed = true
        for id in streams.keys { end(id) }
    }

    /// - Parameter number: a waiting stream has all its events up to this number.
    private mutating func wake(_ id: UInt64, having number: UInt64) {
        guard let wake = streams[id]?.wake else { return }
        streams[id]?.wake = nil
        wakeups.append(wake)
        if streams[id]?.needsSnapshot == false { streams[id]?.number = number }
    }
}

extension FeedState {
    /// Adds what a transaction changed to the tenants that have streams.
    mutating func receive(_ announcement: Announcement) {
        if announcement.coversEverything { return resyncAll() }
        for days in announcement.days { tenants[days.key.tenant]?.changes.add(days) }
        for target in announcement.targets { tenants[target.tenant]?.changes.add(target: target.id) }
        for person in announcement.people { tenants[person.tenant]?.changes.add(person: person.id) }
        for (name, tenant) in tenants where tenant.changes.hasOverflowed { resync(name) }
    }

    /// Announcements may have been missed: all streams need a snapshot.
    mutating func resyncAll() {
        for name in tenants.keys { resync(name) }
    }

    private mutating func resync(_ tenant: Identifier) {
        tenants[tenant]?.resync(after: number)
        for id in tenants[tenant]?.snapshotRequests.values.joined().map(\.self) ?? [] {
            streams[id]?.needsSnapshot = true
        }
    }

    /// Takes the reads that are needed now, one for each tenant.
    mutating func takeReads() -> [FeedRead] {
        tenants.filter { $0.value.needsReading }.keys.map { name in
            let snapshotRequests = tenants[name]?.takeSnapshotRequests(atMost: Self.scopesPerRead) ?? [:]
            defer { tenants[name]?.changes = FeedChanges() }
            return FeedRead(
                tenant: name,
                changes: tenants[name]?.changes ?? FeedChanges(),
                scopes: tenants[name]?.scopes ?? [],
                snapshotRequests: snapshotRequests,
                previousCatalog: tenants[name]?.catalog,
                number: number
            )
        }
    }

    /// Adds the events of a read to the journal, and starts its snapshots.
    mutating func publish(_ update: FeedUpdate, for read: FeedRead) {
        guard tenants[read.tenant] != nil else { return }
        let before = number
        number += UInt64(update.events.count)
        tenants[read.tenant]?.catalog = update.catalog
        tenants[read.tenant]?.append(update.events, after: before, boot: boot)
        for (scope, ids) in read.snapshotRequests {
            send(update.snapshots[scope] ?? [], to: ids, at: read.number)
        }
        for id in tenants[read.tenant]?.streams(of: update.events.map(\.audience)) ?? [] {
            wake(id, having: before)
        }
    }

    /// Puts a failed read back, to be tried again.
    mutating func requeue(_ read: FeedRead) {
        tenants[read.tenant]?.changes.add(read.changes)
        for (scope, ids) in read.snapshotRequests {
            // Streams may have closed during the read.
            let open = ids.filter { streams[$0] != nil }
            if !open.isEmpty { tenants[read.tenant]?.requestSnapshot(for: open, scope) }
        }
    }

    private mutating func send(_ snapshot: [FeedEvent], to ids: Set<UInt64>, at number: UInt64) {
        // Only the last block has the position: a viewer who loses the connection before it gets a new snapshot.
        var blocks = snapshot.map { FeedText.block($0, at: FeedPosition(boot: boot, number: 0)) }
        blocks.append(FeedText.mark(FeedPosition(boot: boot, number: number)))
        blocks.reverse()
        for id in ids where streams[id]?.needsSnapshot == true {
            streams[id]?.backlog = blocks
            streams[id]?.number = number
            wake(id, having: number)
            streams[id]?.needsSnapshot = false
        }
    }

    /// Does the work of each second: closes expired and stalled streams, removes unused tenants, and sends comments.
    /// - Parameters:
    ///   - now: measures how long a write takes.
    ///   - date: decides which tokens have expired.
    mutating func tick(at now: ContinuousClock.Instant, date: Date) {
        seconds += 1
        for (name, _) in tenants {
            tenants[name]?.removeEmptyScopes(at: now)
            if tenants[name]?.isUnused == true { tenants[name] = nil }
        }
        for (id, stream) in streams {
            if stream.viewer.expires <= date { end(id) }
            if let since = stream.writingSince, since.duration(to: now) > Self.stallLimit {
                wakeups.append(stream.closeConnection)
            }
            // Some of the streams each second, so that they are not all woken at once.
            guard Int(id % UInt64(Self.commentSeconds)) == seconds % Self.commentSeconds else { continue }
            streams[id]?.needsComment = true
            wake(id, having: number)
        }
    }
}
