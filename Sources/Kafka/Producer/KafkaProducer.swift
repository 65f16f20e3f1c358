internal import CKafka
internal import Synchronization

/// An idempotent producer: what is acknowledged was written by all in-sync replicas, once and in order.
///
/// Any thread may use it. A fatal error (`KafkaError.isFatal`) ends it, and it must be made anew. What is not delivered
/// within `message.timeout.ms` (30 s unless configured) fails.
public final class KafkaProducer: Sendable {
    /// What is to be written.
    public struct Message: Sendable {
        /// Where it goes.
        public var topic: String
        /// nil: chosen by the key's hash, or at random without a key.
        public var partition: Int32?
        /// Nil for no key.
        public var key: [UInt8]?
        /// nil: a tombstone.
        public var value: [UInt8]?
        /// In their order; names may repeat.
        public var headers: [KafkaHeader]
        /// Milliseconds since 1970, UTC; nil for now.
        public var timestamp: Int64?

        /// A message to this topic.
        public init(
            topic: String,
            partition: Int32? = nil,
            key: [UInt8]?,
            value: [UInt8]?,
            headers: [KafkaHeader] = [],
            timestamp: Int64? = nil
        ) {
            self.topic = topic
            self.partition = partition
            self.key = key
            self.value = value
            self.headers = headers
            self.timestamp = timestamp
        }
    }

    /// Where a message was written.
    public struct Receipt: Hashable, Sendable {
        /// The partition that it was written to.
        public let partition: Int32
        /// Its offset there.
        public let offset: Int64

        /// Where a message was written.
        public init(partition: Int32, offset: Int64) {
            self.partition = partition
            self.offset = offset
        }
    }

    private let client: Mutex<ProducerClient?>

    /// - Throws: an error naming the property that is refused.
    public init(_ configuration: KafkaConfiguration) throws(KafkaError) {
        let client = try ProducerClient(configuration)
        self.client = Mutex(client)
        do {
            try BlockingThread.start("kafka-producer") { client.servePolls() }
        } catch {
            throw KafkaError(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE, reason: "\(error)")
        }
    }

    deinit { close(timeoutMilliseconds: 1_000) }

    /// Writes a message and waits, without blocking, until the brokers have it.
    ///
    /// Cancelling the task does not take the message back.
    /// - Throws: why it was not written. A full local queue (`_QUEUE_FULL`) is retriable.
    public func send(_ message: Message) async throws(KafkaError) -> Receipt {
        let client = try open()
        let result = await withCheckedContinuation { continuation in
            let delivery = PendingDelivery(continuation)
            do throws(KafkaError) {
                try message.withBytes { (key, value) throws(KafkaError) in
                    try client.produce(message, key: key, value: value, delivery: delivery)
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
    public func enqueue(_ message: Message) throws(KafkaError) {
        let client = try open()
        try message.withBytes { (key, value) throws(KafkaError) in
            try client.produceWaiting(message, key: key, value: value)
        }
    }

    /// Blocks until all that was handed over is written or has failed.
    /// - Throws: a timeout, or the first failure of `enqueue` since the last `flush`, with how many there were.
    public func flush(timeoutMilliseconds: Int32) throws(KafkaError) {
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

    private func open() throws(KafkaError) -> ProducerClient {
        guard let client = client.withLock({ $0 }) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__DESTROY, reason: "the producer is closed")
        }
        return client
    }
}

extension KafkaProducer.Message {
    /// Lends key and value; a pointer is nil only where the array is.
    fileprivate func withBytes<R>(
        _ body: (UnsafeRawBufferPointer?, UnsafeRawBufferPointer?) throws(KafkaError) -> R
    ) throws(KafkaError) -> R {
        try key.withOptionalBytes { (key) throws(KafkaError) in
            try value.withOptionalBytes { (value) throws(KafkaError) in try body(key, value) }
        }
    }
}
