internal import Concurrency
package import Log

extension LogBackend {
    /// Calls `body` with a producer, and closes it on a thread of its own, because closing blocks.
    /// - Parameter limit: how long closing may wait for records that are not written yet, in milliseconds.
    package func withProducer<Result>(
        for use: ProducerUse,
        closingWithin limit: Int32,
        _ body: (any LogProducer) async throws -> Result
    ) async throws -> Result {
        let producer = try producer(for: use)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(producer))
        } catch {
            result = .failure(error)
        }
        try await BlockingThread.run("producer-close") { producer.close(timeoutMilliseconds: limit) }
        return try result.get()
    }
}
