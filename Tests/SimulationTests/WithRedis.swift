import Foundation
import Redis

/// Runs `body` with a `redis-server` of its own.
func withRedis<Result>(_ body: (RedisServerProcess) async throws -> Result) async throws -> Result {
    // Short, because the path of a Unix socket must be.
    let folder = "/tmp/simulation-tests-\(UInt64.random(in: 0...(.max)))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let server = try await RedisServerProcess.start(folder: folder)
    do {
        let result = try await body(server)
        await server.stop()
        return result
    } catch {
        await server.stop()
        throw error
    }
}

extension RedisServerProcess {
    func connect() async throws -> RedisConnection {
        try await RedisConnection.connect(to: try RedisEndpoint(url: url))
    }
}
