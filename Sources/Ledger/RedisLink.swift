package import Redis

/// Sends commands to Redis: a connection, or a client that reconnects.
package protocol RedisLink: Sendable {
    /// Sends the commands and waits.
    /// - Returns: one reply for each command, in the same order.
    func send(_ pipeline: RedisPipeline) async throws(RedisError) -> RedisReplies
}

/// A link whose commands all use one connection, so that WATCH holds until EXEC.
package protocol PostingLink: AnyObject, RedisLink {
    /// Sends the commands without waiting for the replies.
    func submit(_ pipeline: RedisPipeline) -> PendingReplies
    /// Closes the connection; requests without a reply fail.
    func closeNow()
}

/// The connections of one lane, by shard. With a single server all shards have the same connection.
package protocol PostingLinks: Sendable {
    /// The connection to the server that has this shard.
    func link(of shard: Int) -> any PostingLink
    /// Closes all of them.
    func closeNow()
}

/// The links of a reader, by shard.
package protocol ReadLinks: Sendable {
    /// The link to the server that has this shard.
    func link(of shard: Int) -> any RedisLink
}

/// The links to one server that has every shard.
package struct SingleServer<Link: Sendable>: Sendable {
    private let link: Link

    /// The server of this link.
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
    /// The same as ``send(_:)``, with errors of the ledger.
    package func replies(to pipeline: RedisPipeline) async throws(LedgerError) -> RedisReplies {
        do throws(RedisError) {
            return try await send(pipeline)
        } catch {
            throw .redis(error)
        }
    }

    func replies(to commands: RedisCommand...) async throws(LedgerError) -> RedisReplies {
        var pipeline = RedisPipeline()
        for command in commands { pipeline.append(command) }
        return try await replies(to: pipeline)
    }

    /// Runs several commands as one transaction, so that all replies are from the same moment.
    package func snapshot(_ commands: [RedisCommand]) async throws(LedgerError) -> [RedisValue] {
        if commands.isEmpty { return [] }
        // With UNWATCH, keys that were watched before cannot make EXEC answer null.
        var pipeline = RedisPipeline(RedisCommand("UNWATCH"), RedisCommand("MULTI"))
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
