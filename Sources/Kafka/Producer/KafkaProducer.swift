internal import CKafka
internal import Concurrency
public import Log
internal import Synchronization

/// An idempotent producer: all in-sync replicas wrote an acknowledged record, once and in order.
///
/// Any thread may use it. After a fatal error (`LogError.isFatal`) create a new producer. A record that is not delivered
/// within `message.timeout.ms` (30 s unless configured) fails.
public final class KafkaProducer: LogProducer {
    private let client: Mutex<ProducerClient?>

    /// - Throws: an error that names the refused property.
    public init(_ configuration: KafkaConfiguration) throws(LogError) {
        let client = try ProducerClient(configuration)
        self.client = Mutex(client)
        do {
            try BlockingThread.start("kafka-producer") { client.servePolls() }
        } catch {
            throw LogError(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE, reason: "\(error)")
        }
    }

    deinit { close(timeoutMilliseconds: 1_000) }

    /// Writes a record and suspends until the brokers have acknowledged it.
    ///
    /// Cancelling the task has no effect.
    /// - Throws: why it was not written. A full local queue (`_QUEUE_FULL`) is retriable.
    public func send(_ record: ProducerRecord) async throws(LogError) -> RecordPosition {
        let client = try open()
        let result = await withCheckedContinuation { continuation in
            let delivery = PendingDelivery(of: record.topic, continuation)
            do throws(LogError) {
                try record.withBytes { (key, value) throws(LogError) in
                    try client.produce(record, key: key, value: value, delivery: delivery)
                }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }

    /// Puts a record into the local queue and does not wait until it is written; `flush` reports failures.
    ///
    /// Blocks while the local queue is full, for up to 30 s: never call it on the cooperative pool.
    /// - Throws: why the record was not accepted.
    public func enqueue(_ record: ProducerRecord) throws(LogError) {
        let client = try open()
        try record.withBytes { (key, value) throws(LogError) in
            try client.produceWaiting(record, key: key, value: value)
        }
    }

    /// Blocks until every record in the queue is written or has failed.
    /// - Throws: a timeout, or the first failure of an enqueued record since the last `flush`, with the number of failures.
    public func flush(timeoutMilliseconds: Int32) throws(LogError) {
        try open().flush(timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Waits until the queue is written, fails the records that are left at the deadline, and ends the client.
    public func close(timeoutMilliseconds: Int32) {
        guard let client = client.withLock({ $0.take() }) else { return }
        // Destroys the client, unless a call on another thread still uses it.
        let closing = ProducerClosing(client)
        _ = BlockingThread.finishes("kafka-close", withinMilliseconds: timeoutMilliseconds &+ 1_000) {
            closing.run(timeoutMilliseconds: timeoutMilliseconds)
        }
    }

    private func open() throws(LogError) -> ProducerClient {
        guard let client = client.withLock({ $0 }) else {
            throw LogError(RD_KAFKA_RESP_ERR__DESTROY, reason: "the producer is closed")
        }
        return client
    }
}

extension ProducerRecord {
    /// Calls `body` with key and value: nil for a nil array, and never for an empty one.
    fileprivate func withBytes<R>(
        _ body: (UnsafeRawBufferPointer?, UnsafeRawBufferPointer?) throws(LogError) -> R
    ) throws(LogError) -> R {
        try key.withOptionalBytes { (key) throws(LogError) in
            try value.withOptionalBytes { (value) throws(LogError) in try body(key, value) }
        }
    }
}
