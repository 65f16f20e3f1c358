internal import CKafka
internal import Concurrency
public import Log
internal import Synchronization

/// An idempotent producer: all in-sync replicas wrote an acknowledged record, once and in order.
///
/// Any thread may use it. A record that is not delivered within `message.timeout.ms` (30 s unless configured) fails. A
/// fatal error (`LogError.isFatal`), as after brokers have lost records, ends a client of librdkafka: the records that it
/// had fail, and the next one is written by a new client.
public final class KafkaProducer: LogProducer {
    private let configuration: KafkaConfiguration
    /// Nil when the producer is closed.
    private let client: Mutex<ProducerClient?>

    /// - Throws: an error that names the refused property.
    public init(_ configuration: KafkaConfiguration) throws(LogError) {
        self.configuration = configuration
        client = Mutex(try Self.start(configuration))
    }

    private static func start(_ configuration: KafkaConfiguration) throws(LogError) -> ProducerClient {
        let client = try ProducerClient(configuration)
        do {
            try BlockingThread.start("kafka-producer") { client.servePolls() }
        } catch {
            throw LogError(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE, reason: "\(error)")
        }
        return client
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
            throw client.explaining(error)
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
        let opened: Result<(client: ProducerClient, ended: ProducerClient?), LogError> = client.withLock { client in
            guard let present = client else {
                return .failure(LogError(RD_KAFKA_RESP_ERR__DESTROY, reason: "the producer is closed"))
            }
            guard present.hasEnded else { return .success((present, nil)) }
            do throws(LogError) {
                let new = try Self.start(configuration)
                client = new
                return .success((new, present))
            } catch {
                return .failure(error)
            }
        }
        let (client, ended) = try opened.get()
        if let ended {
            let closing = ProducerClosing(ended)
            // If there is no thread for it, the client is destroyed without being closed.
            try? BlockingThread.start("kafka-close") { closing.run(timeoutMilliseconds: 1_000) }
        }
        return client
    }
}
