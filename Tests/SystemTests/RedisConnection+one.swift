import Redis

extension RedisConnection {
    /// Sends one command.
    /// - Returns: its reply.
    func one(_ command: RedisCommand) async throws -> RedisValue {
        try await send(RedisPipeline(command))[0]
    }
}
