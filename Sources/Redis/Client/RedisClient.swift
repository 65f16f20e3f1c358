public import Concurrency
public import NIOCore
public import NIOPosix
internal import Synchronization

/// A connection that comes back: it connects when first needed, and again, with backoff, when it broke. Many tasks
/// share it; what they send is pipelined.
///
/// Nothing is ever sent twice: what was under way when the connection broke fails, and the caller knows whether it is
/// safe to send again.
public final class RedisClient: Sendable {
    private enum State {
        case idle
        case connecting(RedisCompletion<RedisConnection>, Task<Void, Never>)
        case connected(RedisConnection)
        case shutDown
    }

    private let endpoint: RedisEndpoint
    private let timeouts: RedisTimeouts
    private let backoff: Backoff
    private let group: any EventLoopGroup
    private let state = Mutex(State.idle)

    /// A client that does not connect yet. The group must live longer than the client.
    public init(
        _ endpoint: RedisEndpoint,
        timeouts: RedisTimeouts = RedisTimeouts(),
        backoff: Backoff = Backoff(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.endpoint = endpoint
        self.timeouts = timeouts
        self.backoff = backoff
        self.group = group
    }

    /// A subscriber to the same Redis, over a connection of its own.
    public var subscriber: RedisSubscriber {
        RedisSubscriber(endpoint, timeouts: timeouts, backoff: backoff, group: group)
    }

    /// Sends a pipeline on the shared connection, as ``RedisConnection/send(_:)`` does, connecting first if need be.
    ///
    /// - Throws: what ``connection()`` and ``RedisConnection/send(_:)`` throw.
    public func send(_ pipeline: RedisPipeline) async throws(RedisError) -> [RedisValue] {
        try await connection().send(pipeline)
    }

    /// The live connection, or a new one. All who ask while there is none wait for the same attempts, which go on until
    /// ``RedisTimeouts/connect`` has passed.
    ///
    /// - Throws: the ``RedisError`` of the last attempt; one that is not ``RedisError/isTransient`` at once.
    public func connection() async throws(RedisError) -> RedisConnection {
        if Task.isCancelled { throw .cancelled }
        let pending: RedisCompletion<RedisConnection> = state.withLock { state in
            switch state {
            case .connecting(let completion, _): return completion
            case .connected(let connection) where connection.isOpen: return RedisCompletion(.success(connection))
            case .shutDown: return RedisCompletion(.failure(Self.shutDownError))
            case .idle, .connected:
                let completion = RedisCompletion<RedisConnection>()
                state = .connecting(completion, Task { await self.connect(completion) })
                return completion
            }
        }
        return try await pending.value()
    }

    /// Closes for good: pending commands, and whoever waits for a connection, fail with
    /// ``RedisError/connectionClosed(_:)``.
    public func shutdown() async {
        let former = state.withLock { state in
            defer { state = .shutDown }
            return state
        }
        switch former {
        case .idle, .shutDown: break
        case .connecting(let completion, let attempts):
            completion.complete(.failure(Self.shutDownError))
            attempts.cancel()
            await attempts.value
        case .connected(let connection):
            connection.closeNow()
            await connection.close()
        }
    }

    private static var shutDownError: RedisError { .connectionClosed("the client was shut down") }

    private func connect(_ completion: RedisCompletion<RedisConnection>) async {
        let outcome: Result<RedisConnection, RedisError>
        do throws(RedisError) {
            outcome = .success(try await connectWithBackoff())
        } catch {
            outcome = .failure(error)
        }
        state.withLock { state in
            // After a shutdown the new connection is dropped, which closes it.
            guard case .connecting = state else { return }
            if case .success(let connection) = outcome { state = .connected(connection) } else { state = .idle }
        }
        completion.complete(outcome)
    }

    private func connectWithBackoff() async throws(RedisError) -> RedisConnection {
        let end = ContinuousClock.now + timeouts.connect
        var attempt = 0
        while true {
            do throws(RedisError) {
                let limited = timeouts.limiting(connect: end - .now)
                return try await RedisConnection.connect(to: endpoint, timeouts: limited, group: group)
            } catch {
                let delay = backoff.delay(attempt: attempt)
                guard error.isTransient, .now + delay < end else { throw error }
                do { try await Task.sleep(for: delay) } catch { throw .cancelled }
                attempt += 1
            }
        }
    }
}
