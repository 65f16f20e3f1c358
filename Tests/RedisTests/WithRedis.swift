import Foundation
import Redis

/// Runs `body` with a new folder that is removed afterwards; short, because the path of a Unix socket must be.
func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = "/tmp/redis-tests-\(UInt64.random(in: 0...(.max)))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

/// Runs `body` with a `redis-server` of its own.
func withRedis<Result>(
    _ configuration: [String] = [],
    _ body: (RedisServerProcess) async throws -> Result
) async throws -> Result {
    try await withFolder { folder in
        let server = try await RedisServerProcess.start(folder: folder, configuration: configuration)
        do {
            let result = try await body(server)
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }
}

/// Runs `body` with a connection to a `redis-server` of its own.
func withConnection<Result>(_ body: (RedisConnection) async throws -> Result) async throws -> Result {
    try await withRedis { server in
        try await body(try await RedisConnection.connect(to: server.endpoint))
    }
}

/// Runs what blocks on a thread of its own, off the tasks' threads.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
}

extension RedisServerProcess {
    var endpoint: RedisEndpoint {
        get throws { try RedisEndpoint(url: url) }
    }
}

extension RedisConnection {
    /// Sends one command and answers its reply.
    func send(_ name: String, _ arguments: String...) async throws(RedisError) -> RedisValue {
        var command = RedisCommand(name)
        for argument in arguments { command.append(argument) }
        return try await send(RedisPipeline(command))[0]
    }
}
