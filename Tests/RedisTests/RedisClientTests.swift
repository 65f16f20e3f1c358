import Foundation
import LocalServers
import Redis
import RedisTesting
import Testing

@Suite("Client with automatic reconnection", .timeLimit(.minutes(1)))
struct RedisClientTests {
    private let ping = RedisPipeline(RedisCommand("PING"))

    @Test("All tasks share one connection")
    func sharing() async throws {
        try await withRedis { server in
            let client = RedisClient(try server.endpoint)
            let identifiers = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await client.send(RedisPipeline(RedisCommand("CLIENT", "ID")))[0].int }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(identifiers.count == 1)
            await client.shutdown()
        }
    }

    @Test("After Redis was killed and started again, the client works again")
    func reconnecting() async throws {
        try await withFolder { folder in
            let first = try await RedisServerProcess.start(folder: folder)
            let client = RedisClient(try first.endpoint)
            let connection = try await client.connection()
            #expect(try await connection.send("PING").string == "PONG")
            first.kill(signal: SIGKILL)
            try await first.waitUntilEnded()
            await #expect(throws: RedisError.self) { try await connection.send("PING") }

            // Sent while no server listens: the client retries until the new server listens.
            async let replies = client.send(ping)
            let second = try await RedisServerProcess.start(folder: folder)
            #expect(try await replies == [.status("PONG")])
            await client.shutdown()
            await second.stop()
        }
    }

    @Test("When no server listens, the client fails after the connect timeout with the reason")
    func unreachable() async throws {
        let timeouts = RedisTimeouts(connect: .milliseconds(200))
        let client = RedisClient(try RedisEndpoint(url: "unix:///nowhere/redis.sock"), timeouts: timeouts)
        let start = ContinuousClock.now
        let error = await #expect(throws: RedisError.self) { try await client.send(ping) }
        #expect("\(error!)".contains("unix:///nowhere/redis.sock"))
        #expect(.now - start < .seconds(3))
    }

    @Test("A wrong password is not retried")
    func wrongPassword() async throws {
        try await withRedis(["--requirepass", "right"]) { server in
            let url = server.url.replacing("unix://", with: "unix://:wrong@")
            let client = RedisClient(try RedisEndpoint(url: url), timeouts: RedisTimeouts(connect: .seconds(30)))
            let start = ContinuousClock.now
            await #expect(throws: RedisError.self) { try await client.send(ping) }
            #expect(.now - start < .seconds(10))
        }
    }

    @Test("A cancelled task stops waiting for a connection")
    func cancellation() async throws {
        let timeouts = RedisTimeouts(connect: .seconds(50))
        let client = RedisClient(try RedisEndpoint(url: "unix:///nowhere/redis.sock"), timeouts: timeouts)
        let task = Task { try await client.send(ping) }
        task.cancel()
        await #expect(throws: RedisError.cancelled) { try await task.value }
        await client.shutdown()
    }

    @Test("Shutting down fails pending and later requests")
    func shutdown() async throws {
        try await withRedis { server in
            let client = RedisClient(try server.endpoint)
            let connection = try await client.connection()
            server.kill(signal: SIGSTOP)
            let pending = connection.submit(ping)
            await client.shutdown()
            await #expect(throws: RedisError.connectionClosed("this program closed it")) {
                try await pending.value()
            }
            await #expect(throws: RedisError.connectionClosed("the client was shut down")) {
                try await client.send(ping)
            }
        }
    }
}
