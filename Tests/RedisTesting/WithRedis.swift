internal import Foundation
package import LocalServers
package import Redis

/// Runs `body` with a new folder that is removed afterwards. Its path is short, because the path of a Unix socket must be
/// short.
package func withFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let folder = "/tmp/redis-tests-\(UInt64.random(in: 0...(.max)))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

/// Runs `body` with a private `redis-server`.
package func withRedis<Result>(
    _ configuration: [String] = [],
    _ body: (RedisServerProcess) async throws -> Result
) async throws -> Result {
    try await withFolder { folder in
        let server = try await RedisServerProcess.start(
            folder: folder,
            configuration: ["--enable-debug-command", "local"] + configuration
        )
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

extension RedisServerProcess {
    /// The address of the server.
    package var endpoint: RedisEndpoint {
        get throws { try RedisEndpoint(url: url) }
    }

    /// Opens a new connection to the server.
    package func connect() async throws -> RedisConnection { try await RedisConnection.connect(to: endpoint) }
}
