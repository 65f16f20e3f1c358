/// The replies to a pipeline that was submitted, for someone who works while Redis does.
public struct PendingReplies: Sendable {
    let completion: Completion<[RedisValue]>

    /// Replies that whoever has the completion will give.
    package init(_ completion: Completion<[RedisValue]>) { self.completion = completion }

    /// One reply per command, in order; errors of Redis are among them as ``RedisValue/error(_:)``.
    ///
    /// - Throws: a ``RedisError`` when the connection broke or the request timeout passed.
    public func value() async throws(RedisError) -> [RedisValue] { try await completion.value() }
}
