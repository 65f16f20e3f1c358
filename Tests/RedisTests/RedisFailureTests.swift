import Concurrency
import Foundation
import LocalServers
import RedisTesting
import Testing

@testable import Redis

@Suite("Failures of Redis", .timeLimit(.minutes(1)))
struct RedisFailureTests {
    private let shortTimeout = RedisTimeouts(request: .milliseconds(200))

    @Test("When Redis is suspended, all pending requests fail after the request timeout")
    func timeout() async throws {
        try await withRedis { server in
            let connection = try await RedisConnection.connect(to: server.endpoint, timeouts: shortTimeout)
            server.kill(signal: SIGSTOP)
            let start = ContinuousClock.now
            let later = connection.submit(RedisPipeline(RedisCommand("PING")))
            await #expect(throws: RedisError.timeout("no reply in time")) { try await connection.send("PING") }
            await #expect(throws: RedisError.timeout("no reply in time")) { try await later.value() }
            #expect(!connection.isOpen)
            #expect((.milliseconds(200) ... .seconds(3)).contains(.now - start))
        }
    }

    @Test("Connecting to a suspended Redis fails after the connect timeout")
    func connectTimeout() async throws {
        try await withRedis { server in
            server.kill(signal: SIGSTOP)
            let timeouts = RedisTimeouts(connect: .milliseconds(200))
            let endpoint = try server.endpoint
            await #expect(throws: RedisError.timeout("connecting to \(endpoint)")) {
                try await RedisConnection.connect(to: endpoint, timeouts: timeouts)
            }
        }
    }

    @Test("When Redis is killed, all pending requests fail at once")
    func killed() async throws {
        try await withRedis { server in
            let connection = try await RedisConnection.connect(to: server.endpoint)
            let pending = connection.submit(RedisPipeline(RedisCommand("BLPOP", "queue", "0")))
            server.kill(signal: SIGKILL)
            let error = await #expect(throws: RedisError.self) { try await pending.value() }
            guard case .connectionClosed? = error else {
                Issue.record("\(String(describing: error)) instead of a closed connection")
                return
            }
            #expect(!connection.isOpen)
        }
    }

    @Test("A cancelled task stops waiting, and the next request still gets its own reply")
    func cancellation() async throws {
        try await withRedis { server in
            let connection = try await RedisConnection.connect(to: server.endpoint)
            server.kill(signal: SIGSTOP)
            let first = connection.submit(RedisPipeline(RedisCommand("ECHO", "first")))
            let waiting = Task { try await first.completion.value() }
            let second = connection.submit(RedisPipeline(RedisCommand("ECHO", "second")))
            waiting.cancel()
            await #expect(throws: RedisError.cancelled) { try await waiting.value }
            server.kill(signal: SIGCONT)
            #expect(try await second.value().map(\.string) == ["second"])
        }
    }

    @Test("A task that is cancelled before it sends does not send")
    func cancelledBefore() async throws {
        try await withConnection { connection in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                _ = try await connection.send("SET", "a", "1")
            }
            await #expect(throws: RedisError.cancelled) { try await task.value }
            let value = try await connection.send("GET", "a")
            #expect(value == .null)
        }
    }

    @Test("A released connection closes after its pending replies")
    func dropping() async throws {
        try await withRedis { server in
            let watcher = try await RedisConnection.connect(to: server.endpoint)
            var connection: RedisConnection? = try await RedisConnection.connect(to: server.endpoint)
            let pending = connection?.submit(RedisPipeline(RedisCommand("ECHO", "still")))
            connection = nil
            #expect(try await pending?.value().map(\.string) == ["still"])
            while try await !watcher.send("INFO", "clients").requireString().contains("connected_clients:1\r") {}
        }
    }
}
