internal import CKafka
internal import Concurrency
public import Log
internal import Synchronization

/// An idempotent producer: what is acknowledged was written by all in-sync replicas, once and in order.
///
/// Any thread may use it. A fatal error (`LogError.isFatal`) ends it, and it must be made anew. What is not delivered
/// within `message.timeout.ms` (30 s unless configured) fails.
public final class KafkaProducer: LogProducer {
    private let client: Mutex<ProducerClient?>

    /// - Throws: an error naming the property that is refused.
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

    /// Writes a message and waits, without blocking, until the brokers have it.
    ///
    /// Cancelling the task does not take the message back.
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

    /// Hands a message over without waiting for it to be written; `flush` tells whether all were.
    ///
    /// Blocks while the local queue is full, for up to 30 s: never call it on the cooperative pool.
    /// - Throws: why it was not taken.
    public func enqueue(_ record: ProducerRecord) throws(LogError) {
        let client = try open()
        try record.withBytes { (key, value) throws(LogError) in
            try client.produceWaiting(record, key: key, value: value)
        }
    }

    /// Blocks until all that was handed over is written or has failed.
    /// - Throws: a timeout, or the first failure of `enqueue` since the last `flush`, with how many there were.
    public func flush(timeoutMilliseconds: Int32) throws(LogError) {
        try open().flush(timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Waits for what is still to be written, fails what is not by the deadline, and ends the client.
    public func close(timeoutMilliseconds: Int32) {
        guard let client = client.withLock({ $0.take() }) else { return }
        // Ends with the client's destruction, unless a call on another thread still has it.
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
    /// Lends key and value; a pointer is nil only where the array is.
    fileprivate func withBytes<R>(
        _ body: (UnsafeRawBufferPointer?, UnsafeRawBufferPointer?) throws(LogError) -> R
    ) throws(LogError) -> R {
        try key.withOptionalBytes { (key) throws(LogError) in
            try value.withOptionalBytes { (value) throws(LogError) in try body(key, value) }
        }
    }
}
