/// What `ask` answers; nil when that takes longer than `limit`. It is cancelled then, and not waited for: a task group
/// would wait for an answer that never comes.
func answer<Value: Sendable>(
    within limit: Duration,
    _ ask: @escaping @Sendable () async -> Value
) async -> Value? {
    let (answers, continuation) = AsyncStream.makeStream(of: Value?.self, bufferingPolicy: .bufferingOldest(1))
    let asking = Task { continuation.yield(await ask()) }
    let waiting = Task {
        try? await Task.sleep(for: limit)
        continuation.yield(nil)
    }
    defer {
        asking.cancel()
        waiting.cancel()
    }
    return await answers.first { _ in true } ?? nil
}
