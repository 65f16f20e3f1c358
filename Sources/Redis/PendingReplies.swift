/// The replies to a pipeline that was submitted, for a thread of its own that works while Redis does.
public final class PendingReplies: Sendable {
    let completion: Completion<[RedisValue]>
    private let timeout: Duration

    /// Completed by the event loop, which keeps the timeout itself; the second beyond it only guards against a loop
    /// that no longer runs.
    init(_ completion: Completion<[RedisValue]>, timeout: Duration) {
        self.completion = completion
        self.timeout = timeout + .seconds(1)
    }

    /// One reply per command, in order; errors of Redis are among them as ``RedisValue/error(_:)``.
    ///
    /// Blocks its thread: never call it on an event loop or in a task.
    ///
    /// - Throws: a ``RedisError`` when the connection broke or the request timeout passed.
    public func wait() throws(RedisError) -> [RedisValue] {
        guard let replies = try completion.wait(atMost: timeout) else { throw .timeout("waiting for replies") }
        return replies
    }
}
