import Foundation
import Redis
import RedisTesting

/// Runs `body` with a connection to a private `redis-server`.
func withConnection<Result>(_ body: (RedisConnection) async throws -> Result) async throws -> Result {
    try await withRedis { server in try await body(try await server.connect()) }
}

/// Runs blocking work on a separate thread.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}

extension RedisConnection {
    /// Sends one command and returns its reply. An error reply is returned, not thrown.
    func send(_ name: String, _ arguments: String...) async throws(RedisError) -> RedisValue {
        var command = RedisCommand(name)
        for argument in arguments { command.append(argument) }
        return try await send(RedisPipeline(command))[0]
    }
}
