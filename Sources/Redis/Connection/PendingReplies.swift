package import Concurrency

/// A result of Redis that tasks can wait for.
package typealias RedisCompletion<Value: Sendable> = Completion<Value, RedisError>

/// The replies to a pipeline that was submitted, for a caller that does other work meanwhile.
public struct PendingReplies: Sendable {
    let completion: RedisCompletion<[RedisValue]>

    /// Replies that the owner of the completion will set.
    package init(_ completion: RedisCompletion<[RedisValue]>) { self.completion = completion }

    /// One reply per command, in order; errors of Redis are among them as ``RedisValue/error(_:)``.
    ///
    /// - Throws: a ``RedisError`` when the connection broke or the request timeout passed.
    public func value() async throws(RedisError) -> [RedisValue] { try await completion.value() }
}
