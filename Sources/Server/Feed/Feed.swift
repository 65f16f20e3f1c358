internal import Foundation
internal import Ledger
internal import Logging
internal import NIOCore
internal import Redis
internal import SalesRules
internal import ServiceLifecycle
internal import Synchronization

/// The live feed: hears what postings announce, looks once at what changed for all viewers together, and tells each
/// stream what is for it. One for each server; it runs beside the HTTP server.
final class Feed: Service {
    /// What changes within this time of a first change is looked at together.
    static let roundLength = Duration.milliseconds(20)
    /// How soon what could not be looked at is looked at again.
    static let retryDelay = Duration.milliseconds(200)

    private let state: Mutex<FeedState>
    private let news = Mutex(FreshnessNews())
    private let reading: FeedReading
    private let subscriber: RedisSubscriber
    private let channels: [String]
    private let now: @Sendable () -> Date
    private let logger: Logger
    private let (rounds, wishes) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(
        reader: LedgerReader,
        subscriber: RedisSubscriber,
        today: @escaping @Sendable () -> Day,
        now: @escaping @Sendable () -> Date,
        logger: Logger
    ) {
        state = Mutex(FeedState(boot: FeedPosition.newBoot()))
        reading = FeedReading(reader: reader, today: today)
        channels = reader.changes
        self.subscriber = subscriber
        self.now = now
        self.logger = logger
    }

    /// How many streams are open, and whether announcements are heard.
    var health: (streams: Int, isListening: Bool) { state.withLock { ($0.streamCount, $0.isListening) } }

    func run() async {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.listen() }
                group.addTask { await self.goRound() }
                group.addTask { await self.tick() }
            }
        }
        change { $0.close() }
    }

    /// A new stream; nil when there are too many, or the server is stopping.
    /// - Parameters:
    ///   - last: what the viewer says the last event was that they got; nil when they have just looked.
    ///   - hangUp: ends the connection, whatever is being written.
    func open(
        _ viewer: Viewer,
        _ scope: FeedScope,
        after last: String?,
        hangUp: @escaping @Sendable () -> Void
    ) -> FeedStream? {
        let opened = change { $0.open(viewer, scope, after: last, hangUp: hangUp) }
        return opened.map { FeedStream(feed: self, id: $0.id, opening: $0.opening) }
    }

    /// Tells all streams how old the results are, where that is news.
    func tell(_ freshness: FreshnessState) {
        guard let (event, isNews) = news.withLock({ $0.event(for: freshness, at: .now) }) else { return }
        change { $0.tell(freshness: event, isNews: isNews) }
    }

    /// Changes the state, and carries out what follows from it.
    func change<Value>(_ body: (inout FeedState) -> Value) -> Value {
        let (value, wakes, needsReading) = state.withLock { state in
            let value = body(&state)
            return (value, state.takeWakes(), state.needsReading)
        }
        for wake in wakes { wake() }
        if needsReading { wishes.yield() }
        return value
    }

    private func listen() async {
        var isLost = false
        await subscriber.listen(to: channels) { event in
            switch event {
            case .listening:
                if isLost { logger.notice("the live feed hears what changes again") }
                isLost = false
                change { state in
                    state.isListening = true
                    state.missEverything()
                }
            case .missed:
                logger.warning("more changed than the live feed could take in")
                change { $0.missEverything() }
            case .lost(let error):
                if !isLost, !Task.isCancelled {
                    logger.warning("the live feed hears nothing", metadata: ["error": "\(error)"])
                }
                isLost = true
                change { $0.isListening = false }
            case .messages(let messages):
                hear(messages)
            }
        }
    }

    private func hear(_ messages: [RedisMessage]) {
        // Most of the time nobody looks.
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
            logger.warning("an announcement cannot be read", metadata: ["reason": "\(fault.reason)"])
        }
        change { state in
            for announcement in announcements { state.hear(announcement) }
            if fault != nil { state.missEverything() }
        }
    }

    private func goRound() async {
        for await _ in rounds {
            guard (try? await Task.sleep(for: Self.roundLength)) != nil else { return }
            for round in change({ $0.takeRounds() }) {
                do {
                    let news = try await reading.news(of: round)
                    change { $0.tell(news, of: round) }
                } catch {
                    await fail(round, error)
                }
            }
        }
    }

    /// What may be found later is looked at again; of what cannot be read, viewers are told to look for themselves.
    private func fail(_ round: FeedState.Round, _ error: any Error) async {
        logger.warning("what changed cannot be looked at", metadata: ["error": "\(error)"])
        if let error = error as? LedgerError, !error.isTemporary {
            change { $0.tell(FeedReading.nothing(for: round), of: round) }
        } else {
            change { $0.putBack(round) }
            try? await Task.sleep(for: Self.retryDelay)
        }
    }

    private func tick() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            change { $0.tick(at: .now, date: now()) }
        }
    }
}

/// One viewer's stream. It is given up when the last reference goes.
final class FeedStream: Sendable {
    /// What goes out first.
    let opening: ByteBuffer
    private let feed: Feed
    private let id: UInt64

    fileprivate init(feed: Feed, id: UInt64, opening: ByteBuffer) {
        self.feed = feed
        self.id = id
        self.opening = opening
    }

    deinit {
        let id = id
        feed.change { $0.leave(id, at: .now) }
    }

    /// What is to be written now that the last frame is, waited for if that is nothing; nil when the stream is over.
    func next() async -> ByteBuffer? {
        while true {
            let step = await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let step = feed.change { state in
                        state.next(id, at: .now) { continuation.resume(returning: FeedState.Step.wait) }
                    }
                    if step != .wait { continuation.resume(returning: step) }
                }
            } onCancel: {
                end()
            }
            switch step {
            case .write(let frame): return frame
            case .wait: continue
            case .end: return nil
            }
        }
    }

    /// Ends the stream after what is being written.
    func end() {
        let id = id
        feed.change { $0.end(id) }
    }
}
