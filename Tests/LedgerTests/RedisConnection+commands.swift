import Ledger
import Redis

extension RedisConnection {
    /// Sends one command and returns its reply. An error reply is thrown.
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
        let stats = RedisInfo.fields
        let fields = try stats(try await send("INFO", "commandstats"))
        let calls = fields["cmdstat_\(command)"]?.split(separator: ",").first?.dropFirst("calls=".count)
        return calls.flatMap { Int($0) } ?? 0
    }
}
