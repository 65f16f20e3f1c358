internal import CKafka
internal import Concurrency
internal import Log
internal import Synchronization

/// Records of one producer that are written together: it counts the reports of its own records.
final class KafkaBatch: ProducerBatch {
    private struct State {
        var waiting = 0
        var failures = 0
        var first: LogError?
    }

    private let open: @Sendable () throws(LogError) -> ProducerClient
    private let state = Mutex(State())

    /// - Parameter open: the producer's client.
    /// - Throws: when the producer is closed.
    init(_ open: @escaping @Sendable () throws(LogError) -> ProducerClient) { self.open = open }

    func append(_ record: ProducerRecord) throws(LogError) {
        let client = try open()
        state.withLock { $0.waiting += 1 }
        do throws(LogError) {
            try client.produceWaiting(record, receiver: DeliveryReceiver { self.receive($0, by: client) })
        } catch {
            state.withLock { $0.waiting -= 1 }
            throw error
        }
    }

    func wait(timeoutMilliseconds: Int32) throws(LogError) {
        let client = try open()
        let deadline = ContinuousClock.now + .milliseconds(timeoutMilliseconds)
        while state.withLock({ $0.waiting }) > 0, .now < deadline { client.serveReports(milliseconds: 10) }
        let result = state.withLock { state in
            defer { (state.failures, state.first) = (0, nil) }
            return state
        }
        if result.waiting > 0 {
            throw client.refusal.explaining(
                LogError(
                    RD_KAFKA_RESP_ERR__TIMED_OUT,
                    reason: "\(result.waiting) messages not written within \(timeoutMilliseconds) ms"
                )
            )
        }
        guard let first = result.first else { return client.refusal.clear() }
        if result.failures == 1 { throw first }
        throw LogError(
            rd_kafka_resp_err_t(first.code),
            reason: "\(result.failures) messages were not written; the first: \(first.reason)",
            isFatal: first.isFatal,
            isRetriable: first.isRetriable,
            topicPartition: first.topicPartition,
            subject: first.subject
        )
    }

    private func receive(_ result: Result<RecordPosition, LogError>, by client: ProducerClient) {
        state.withLock { state in
            state.waiting -= 1
            guard case .failure(let error) = result else { return }
            state.failures += 1
            state.first = state.first ?? client.explaining(error)
        }
    }
}
