internal import Foundation
internal import Ledger
internal import Logging
internal import Redis
internal import SalesRules
internal import ServiceLifecycle
internal import Synchronization

/// The live feed: receives the announcements of postings, reads what changed once for all viewers, and sends each stream
/// its part. There is one for each server; it runs beside the HTTP server.
final class Feed: Service {
    /// What changes within this time after a first change is read together with it.
    static let readDelay = Duration.milliseconds(20)
    /// The wait after a failed read.
    static let retryDelay = Duration.milliseconds(200)

    private let state: Mutex<FeedState>
    private let freshnessEvents = Mutex(FreshnessEvents())
    private let reader: FeedReader
    private let subscriber: RedisSubscriber
    private let channels: [String]
    private let now: @Sendable () -> Date
    private let signInCheck: @Sendable () async -> @Sendable (Viewer) -> Bool
    private let logger: Logger
    private let (readSignals, readSignal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(
        reader: LedgerReader,
        subscriber: RedisSubscriber,
        today: @escaping @Sendable () -> Day,
        now: @escaping @Sendable () -> Date,
        signInCheck: @escaping @Sendable () async -> @Sendable (Viewer) -> Bool,
        logger: Logger
    ) {
        state = Mutex(FeedState(boot: FeedPosition.newBoot()))
        self.reader = FeedReader(reader: reader, today: today)
        channels = reader.changes
        self.subscriber = subscriber
        self.now = now
        self.signInCheck = signInCheck
        self.logger = logger
    }

    /// The number of open streams, and whether the feed is subscribed to the announcements.
    var health: (streams: Int, isListening: Bool) { state.withLock { ($0.streamCount, $0.isListening) } }

    func run() async {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.listen() }
                group.addTask { await self.readChanges() }
                group.addTask { await self.tick() }
            }
        }
        change { $0.close() }
    }

    /// Opens a stream; nil when there are too many, or the server is stopping.
    /// - Parameters:
    ///   - last: the id of the last event that the viewer received; nil when the viewer has just loaded the data.
    ///   - closeConnection: closes the connection, even during a write.
    func open(
        _ viewer: Viewer,
        _ scope: FeedScope,
        after last: String?,
        closeConnection: @escaping @Sendable () -> Void
    ) -> FeedStream? {
        let opened = change { $0.open(viewer, scope, after: last, closeConnection: closeConnection) }
        return opened.map { FeedStream(feed: self, id: $0.id, opening: $0.opening) }
    }

    /// Sends the freshness of the results to all streams, if it is time for an event.
    func publish(_ freshness: FreshnessState) {
        let next = freshnessEvents.withLock { $0.event(for: freshness, at: .now) }
        guard let (event, isForOpenStreams) = next else { return }
        change { $0.publish(freshness: event, toOpenStreams: isForOpenStreams) }
    }

    /// Changes the state, wakes the streams that have something to do, and requests a read if one is needed.
    func change<Value>(_ body: (inout FeedState) -> Value) -> Value {
        let (value, wakeups, needsReading) = state.withLock { state in
            let value = body(&state)
            return (value, state.takeWakeups(), state.needsReading)
        }
        for wake in wakeups { wake() }
        if needsReading { readSignal.yield() }
        return value
    }

    private func listen() async {
        var isLost = false
        await subscriber.listen(to: channels) { event in
            switch event {
            case .listening:
                if isLost { logger.notice("the live feed receives changes from Redis again") }
                isLost = false
                change { state in
                    state.isListening = true
                    state.resyncAll()
                }
            case .missed:
                logger.warning("the live feed missed changes from Redis: there were too many; it reads all again")
                change { $0.resyncAll() }
            case .lost(let error):
                if !isLost, !Task.isCancelled {
                    logger.warning(
                        "the live feed receives no changes from Redis; it retries until it does",
                        metadata: ["error": "\(error)"]
                    )
                }
                isLost = true
                change { $0.isListening = false }
            case .messages(let messages):
                receive(messages)
            }
        }
    }

    private func receive(_ messages: [RedisMessage]) {
        // Most of the time there are no viewers.
        if state.withLock({ $0.tenants.isEmpty }) { return }
        var announcements: [Announcement] = []
        var fault: CorruptRecord?
        for message in messages {
            do throws(CorruptRecord) {
                announcements.append(try Announcement.decode(message.payload))
            } catch {
                fault = error
            }
        }
        if let fault {
            logger.warning(
                "the live feed cannot decode an announcement from Redis; it reads everything again",
                metadata: ["reason": "\(fault.reason)"]
            )
        }
        change { state in
            for announcement in announcements { state.receive(announcement) }
            if fault != nil { state.resyncAll() }
        }
    }

    private func readChanges() async {
        var failures = FailureRun()
        for await _ in readSignals {
            guard (try? await Task.sleep(for: Self.readDelay)) != nil else { return }
            for read in change({ $0.takeReads() }) {
                do {
                    let update = try await reader.update(for: read)
                    change { $0.publish(update, for: read) }
                    if failures.end() { logger.notice("the live feed can read what changed again") }
                } catch {
                    await recover(from: error, in: read, isFirst: failures.begin())
                }
            }
        }
    }

    /// After a temporary error the read is tried again. After any other error, viewers are asked to load everything.
    /// - Parameter isFirst: whether reading worked before. Only then it is logged: it is tried again five times a second, for
    ///   each tenant, for as long as Redis is away.
    private func recover(from error: any Error, in read: FeedRead, isFirst: Bool) async {
        if isFirst {
            logger.warning(
                "the live feed cannot read what changed; it tries again until it can",
                metadata: ["tenant": "\(read.tenant.rawValue)", "error": "\(error)"]
            )
        }
        if let error = error as? LedgerError, !error.isTemporary {
            change { $0.publish(FeedReader.reload(for: read), for: read) }
        } else {
            change { $0.requeue(read) }
            try? await Task.sleep(for: Self.retryDelay)
        }
    }

    private func tick() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            change { $0.tick(at: .now, date: now()) }
            if !state.withLock({ $0.hasSessions }) { continue }
            let isSignedIn = await signInCheck()
            change { $0.endStreams { !isSignedIn($0) } }
        }
    }
}

/// Failures that follow each other.
private struct FailureRun {
    private var isFailing = false

    /// - Returns: whether this failure is the first.
    mutating func begin() -> Bool {
        defer { isFailing = true }
        return !isFailing
    }

    /// - Returns: whether there were failures before this success.
    mutating func end() -> Bool {
        defer { isFailing = false }
        return isFailing
    }
}
