package import Concurrency

/// A result from Redis that tasks can wait for.
package typealias RedisCompletion<Value: Sendable> = Completion<Value, RedisError>

/// The replies to a pipeline that was submitted, for a caller that does other work meanwhile.
public struct PendingReplies: Sendable {
    let completion: RedisCompletion<RedisReplies>

    /// The owner of the completion sets the replies.
    package init(_ completion: RedisCompletion<RedisReplies>) { self.completion = completion }

    /// Waits for one reply per command, in order. A command that Redis refused has the reply ``RedisValue/error(_:)``.
    ///
    /// - Throws: a ``RedisError`` if the connection ended, the request timeout passed or the task was cancelled.
    public nonisolated(nonsending) func value() async throws(RedisError) -> RedisReplies {
        try await completion.value()
    }
}
