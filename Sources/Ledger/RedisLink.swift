package import Redis

/// Sends commands to Redis: a connection, or a client that reconnects.
package protocol RedisLink: Sendable {
    /// One reply for each command, in their order.
    func send(_ pipeline: RedisPipeline) async throws(RedisError) -> [RedisValue]
}

/// A link whose commands all use one connection, so that WATCH holds until EXEC.
package protocol PostingLink: AnyObject, RedisLink {
    /// Sends without waiting.
    func submit(_ pipeline: RedisPipeline) -> PendingReplies
    /// Closes the connection; requests that are not answered yet fail.
    func closeNow()
}

/// The connections of one lane: each shard is posted to over its own one. With a single server that is the same
/// connection for all shards.
package protocol PostingLinks: Sendable {
    /// The connection to the server that has this shard.
    func link(of shard: Int) -> any PostingLink
    /// Closes all of them.
    func closeNow()
}

/// How a reader reaches each shard.
package protocol ReadLinks: Sendable {
    /// The link to the server that has this shard.
    func link(of shard: Int) -> any RedisLink
}

/// One server that has every shard.
package struct SingleServer<Link: Sendable>: Sendable {
    private let link: Link

    /// The server at the other end of this link.
    package init(_ link: Link) { self.link = link }
}

extension SingleServer: PostingLinks where Link == any PostingLink {
    package func link(of shard: Int) -> any PostingLink { link }
    package func closeNow() { link.closeNow() }
}

extension SingleServer: ReadLinks where Link == any RedisLink {
    package func link(of shard: Int) -> any RedisLink { link }
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
