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
            do throws(LogError) {
                try client.produce(record, receiver: DeliveryReceiver { continuation.resume(returning: $0) })
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        do throws(LogError) {
            let position = try result.get()
            client.refusal.clear()
            return position
        } catch {
            throw client.refusal.explaining(error)
        }
    }

    /// An empty batch. A record of it waits up to 30 s for room in the local queue.
    public func batch() -> any ProducerBatch {
        KafkaBatch { [self] () throws(LogError) in try open() }
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
