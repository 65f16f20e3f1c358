package import Redis

/// What sends commands to Redis: a connection, or a client that reconnects.
package protocol RedisLink: Sendable {
    /// One reply for each command, in their order.
    func send(_ pipeline: RedisPipeline) async throws(RedisError) -> [RedisValue]
}

/// A link whose commands all go over one connection, so that what is watched stays watched.
package protocol PostingLink: RedisLink {
    /// Sends without waiting.
    func submit(_ pipeline: RedisPipeline) -> PendingReplies
    /// Ends it; what is under way fails.
    func closeNow()
}

extension RedisConnection: PostingLink {}
extension RedisClient: RedisLink {}

extension RedisLink {
    /// As ``send(_:)``, with the ledger's errors.
    package func replies(to pipeline: RedisPipeline) async throws(LedgerError) -> [RedisValue] {
        do throws(RedisError) {
            return try await send(pipeline)
        } catch {
            throw .redis(error)
        }
    }

    func replies(to commands: RedisCommand...) async throws(LedgerError) -> [RedisValue] {
        var pipeline = RedisPipeline()
        for command in commands { pipeline.append(command) }
        return try await replies(to: pipeline)
    }

    /// Reads several keys as they stand at one moment.
    package func snapshot(_ commands: [RedisCommand]) async throws(LedgerError) -> [RedisValue] {
        if commands.isEmpty { return [] }
        var pipeline = RedisPipeline()
        pipeline.append(RedisCommand("MULTI"))
        for command in commands { pipeline.append(command) }
        pipeline.append(RedisCommand("EXEC"))
        let replies = try await replies(to: pipeline)
        for reply in replies {
            if case .error(let error) = reply { throw .refused(error) }
        }
        let results = try (replies.last ?? .null).elements("EXEC")
        guard results.count == commands.count else { throw .unexpectedReply("EXEC") }
        return results
    }
}
