import Foundation
import Ledger
import Redis
import SalesRules

/// Runs `body` with a `redis-server` of its own.
func withRedis<Result>(
    configuration: [String] = [],
    _ body: (RedisServerProcess) async throws -> Result
) async throws -> Result {
    // Short, because the path of a Unix socket must be.
    let folder = "/tmp/ledger-tests-\(UInt64.random(in: 0...(.max)))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
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

extension RedisServerProcess {
    func connect() async throws -> RedisConnection {
        try await RedisConnection.connect(to: try RedisEndpoint(url: url))
    }
}

extension RedisConnection {
    /// Sends one command and answers its reply.
    func send(_ name: String, _ arguments: String...) async throws -> RedisValue {
        var command = RedisCommand(name)
        for argument in arguments { command.append(argument) }
        return try await send(RedisPipeline(command))[0].checked()
    }

    /// A checksum over everything that Redis holds.
    func digest() async throws -> String {
        try await send("DEBUG", "DIGEST").requireString()
    }

    /// How often a command ran since `CONFIG RESETSTAT`.
    func calls(of command: String) async throws -> Int {
        let stats = LedgerDoor.fields
        let fields = try stats(try await send("INFO", "commandstats"))
        let calls = fields["cmdstat_\(command)"]?.split(separator: ",").first?.dropFirst("calls=".count)
        return calls.flatMap { Int($0) } ?? 0
    }
}
