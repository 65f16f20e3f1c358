/// Calls `ask` and waits for its answer, but not longer than `limit`. Then `ask` is cancelled, without waiting for its
/// end. A task group could not do this: it would wait for an answer that never comes.
/// - Returns: nil when there is no answer in time.
package func withTimeLimit<Value: Sendable>(
    _ limit: Duration,
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
