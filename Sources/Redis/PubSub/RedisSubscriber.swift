public import Concurrency
public import NIOCore
public import NIOPosix

/// Receives published messages over its own connection, and reconnects with backoff.
///
/// Redis does not keep messages for a subscriber that is not connected. A caller that must not miss a change therefore
/// reads its data again after each ``Event/listening`` and each ``Event/missed``.
public struct RedisSubscriber: Sendable {
    /// What a subscriber reports.
    public enum Event: Sendable, Hashable {
        /// The subscription is active, for the first time or again: later messages are received.
        case listening
        /// Messages in the order in which they were published.
        case messages([RedisMessage])
        /// Messages were dropped, because too many arrived while `body` was busy.
        case missed
        /// The connection ended, or could not be opened. The subscriber tries again.
        case lost(RedisError)
    }

    private let endpoint: RedisEndpoint
    private let timeouts: RedisTimeouts
    private let backoff: Backoff
    private let pingInterval: Duration
    private let group: any EventLoopGroup

    /// Does not connect yet. The group must live as long as `listen` runs.
    ///
    /// - Parameter pingInterval: how often a `PING` is sent. A connection that does not answer within the request timeout
    ///   is closed.
    public init(
        _ endpoint: RedisEndpoint,
        timeouts: RedisTimeouts = RedisTimeouts(),
        backoff: Backoff = Backoff(),
        pingInterval: Duration = .seconds(5),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.endpoint = endpoint
        self.timeouts = timeouts
        self.backoff = backoff
        self.pingInterval = pingInterval
        self.group = group
    }

    /// Listens to these channels until the task is cancelled. Calls `body` with one event after the other; messages that
    /// arrive during a call wait, within limits.
    public func listen(to channels: [String], _ body: (Event) async -> Void) async {
        var attempt = 0
        while !Task.isCancelled {
            let start = ContinuousClock.now
            await body(.lost(await listenOnce(to: channels, body)))
            // A connection that ends soon counts as a failed attempt: a Redis may accept and then close at once.
            attempt = start.duration(to: .now) > backoff.maximum + timeouts.connect ? 0 : attempt + 1
            do { try await Task.sleep(for: backoff.delay(attempt: attempt)) } catch { return }
        }
    }

    /// Listens until the connection ends.
    ///
    /// - Returns: why it ended.
    private func listenOnce(to channels: [String], _ body: (Event) async -> Void) async -> RedisError {
        let messages = MessageBuffer()
        let connection: RedisConnection
        do throws(RedisError) {
            connection = try await RedisConnection.connect(to: endpoint, timeouts: timeouts, group: group)
            try await connection.subscribe(to: channels, messages)
        } catch {
            return error
        }
        defer { connection.closeNow() }
        await body(.listening)
        return await withTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await keepPinging(connection) }
            while true {
                do throws(RedisError) {
                    let taken = try await messages.next()
                    if taken.hasMissed { await body(.missed) }
                    if !taken.messages.isEmpty { await body(.messages(taken.messages)) }
                } catch {
                    return error
                }
            }
        }
    }

    /// An unanswered `PING` closes the connection, which ends `listenOnce`.
    private func keepPinging(_ connection: RedisConnection) async {
        let ping = RedisPipeline(RedisCommand("PING"))
        while (try? await Task.sleep(for: pingInterval)) != nil, (try? await connection.send(ping)) != nil {}
    }
}
