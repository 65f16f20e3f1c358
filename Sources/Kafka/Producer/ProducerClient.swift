internal import CKafka
internal import Log
internal import Synchronization

/// The client of a producer with its topics. Any thread may call it.
final class ProducerClient: Sendable {
    private let handle: ClientHandle
    private let deliveries: DeliveryReports
    private let topics = Mutex<[String: TopicHandle]>([:])
    private let calls = Mutex(Calls())
    /// Closed, and what was left has been failed.
    private let isDone = Atomic(false)

    /// The calls that are handing a record over, so that none comes after the last delivery report is served.
    private struct Calls {
        var isClosed = false
        var producing = 0
    }

    private static let defaults = ["compression.codec": "lz4", "linger.ms": "5", "message.timeout.ms": "30000"]

    init(_ configuration: KafkaConfiguration) throws(LogError) {
        deliveries = DeliveryReports()
        let native = try NativeConfiguration(
            configuration,
            defaults: Self.defaults.filter { !configuration.hasAlias(of: $0.key) },
            forced: ["enable.idempotence": "true"]
        )
        DeliveryReports.install(in: native)
        handle = try ClientHandle(RD_KAFKA_PRODUCER, native, callbackTarget: deliveries)
    }

    /// Serves delivery reports until the client is closed and has told everyone; the body of the producer's own thread.
    func servePolls() {
        while !isDone.load(ordering: .acquiring) || rd_kafka_outq_len(handle.pointer) > 0 {
            // Comes back at once with each report; its result is how many it served.
            _ = rd_kafka_poll(handle.pointer, 100)
        }
    }

    private func enter() throws(LogError) {
        let isOpen = calls.withLock { calls in
            if !calls.isClosed { calls.producing += 1 }
            return !calls.isClosed
        }
        if !isOpen { throw LogError(RD_KAFKA_RESP_ERR__DESTROY, reason: "the producer is closed") }
    }

    private func leave() { calls.withLock { $0.producing -= 1 } }

    func produce(
        _ record: ProducerRecord,
        key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?,
        delivery: PendingDelivery?
    ) throws(LogError) {
        try enter()
        defer { leave() }
        let topic = try topic(record.topic)
        let headers = try NativeHeaders(record.headers)
        // Taken back by the report, or below if there will be none.
        let context = delivery.map { Unmanaged.passRetained($0) }
        var arguments: [rd_kafka_vu_t] = [
            .init(RD_KAFKA_VTYPE_RKT) { $0.u.rkt = topic.pointer },
            .init(RD_KAFKA_VTYPE_PARTITION) { $0.u.i32 = record.partition ?? RD_KAFKA_PARTITION_UA },
            .init(RD_KAFKA_VTYPE_MSGFLAGS) { $0.u.i = RD_KAFKA_MSG_F_COPY },
            .init(RD_KAFKA_VTYPE_KEY, bytes: key),
            .init(RD_KAFKA_VTYPE_VALUE, bytes: value),
            .init(RD_KAFKA_VTYPE_OPAQUE) { $0.u.ptr = context?.toOpaque() },
        ]
        if let timestamp = record.timestamp {
            arguments.append(.init(RD_KAFKA_VTYPE_TIMESTAMP) { $0.u.i64 = timestamp })
        }
        if let headers {
            arguments.append(.init(RD_KAFKA_VTYPE_HEADERS) { $0.u.headers = headers.pointer })
        }
        // Key and value are copied. The headers are librdkafka's if it takes the message, and ours if not.
        if let error = rd_kafka_produceva(handle.pointer, arguments, arguments.count) {
            context?.release()
            // The error object is ours to destroy.
            let refusal = LogError(consuming: error, subject: record.topic)
            throw LogError.fatal(of: handle.pointer) ?? refusal
        }
        headers?.wasTaken()
    }

    /// Waits up to 30 s for room in the local queue.
    func produceWaiting(
        _ record: ProducerRecord,
        key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?
    ) throws(LogError) {
        var deadline: ContinuousClock.Instant?
        while true {
            do throws(LogError) {
                return try produce(record, key: key, value: value, delivery: nil)
            } catch {
                let end = deadline ?? .now + .seconds(30)
                deadline = end
                if error.code != RD_KAFKA_RESP_ERR__QUEUE_FULL.rawValue || .now >= end { throw error }
                // Waits for a report, which makes room.
                _ = rd_kafka_poll(handle.pointer, 10)
            }
        }
    }

    func flush(timeoutMilliseconds: Int32) throws(LogError) {
        let code = rd_kafka_flush(handle.pointer, timeoutMilliseconds)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            let left = rd_kafka_outq_len(handle.pointer)
            throw LogError(code, reason: "\(left) messages not written within \(timeoutMilliseconds) ms")
        }
        if let failure = deliveries.takeFailure() { throw failure }
    }

    func close(timeoutMilliseconds: Int32) {
        calls.withLock { $0.isClosed = true }
        // Handing over takes microseconds, and cannot begin any more.
        while calls.withLock({ $0.producing }) > 0 { _ = rd_kafka_poll(handle.pointer, 1) }
        // What it leaves fails right after.
        _ = rd_kafka_flush(handle.pointer, timeoutMilliseconds)
        fail()
        isDone.store(true, ordering: .releasing)
    }

    /// Fails all that is not written yet, and reports it; what takes longer, ``servePolls()`` does.
    private func fail() {
        // Its only errors are about arguments.
        _ = rd_kafka_purge(handle.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        let deadline = ContinuousClock.now + .seconds(1)
        while rd_kafka_outq_len(handle.pointer) > 0, .now < deadline {
            _ = rd_kafka_poll(handle.pointer, 10)
        }
    }

    private func topic(_ name: String) throws(LogError) -> TopicHandle {
        let found: Result<TopicHandle, LogError> = topics.withLock { topics in
            if let topic = topics[name] { return .success(topic) }
            // Ours, to be destroyed before the client.
            guard let pointer = rd_kafka_topic_new(handle.pointer, name, nil) else {
                return .failure(LogError(rd_kafka_last_error(), subject: name))
            }
            let topic = TopicHandle(pointer, client: handle)
            topics[name] = topic
            return .success(topic)
        }
        return try found.get()
    }
}

// Unchecked, because of the pointer alone: it never changes, and librdkafka lets any thread use a topic.
/// Owns a `rd_kafka_topic_t`: naming the topic in each message costs twice as much.
final class TopicHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    private let client: ClientHandle

    init(_ pointer: OpaquePointer, client: ClientHandle) {
        self.pointer = pointer
        self.client = client
    }

    deinit { rd_kafka_topic_destroy(pointer) }
}

/// The end of a producer's client, to be run on a thread of its own.
final class ProducerClosing: Sendable {
    private let client: Mutex<ProducerClient?>

    init(_ client: ProducerClient) { self.client = Mutex(client) }

    func run(timeoutMilliseconds: Int32) {
        client.withLock { $0.take() }?.close(timeoutMilliseconds: timeoutMilliseconds)
    }
}

extension KafkaConfiguration {
    /// Whether the user gave a property under its other name.
    fileprivate func hasAlias(of property: String) -> Bool {
        let aliases = [
            "compression.codec": "compression.type", "linger.ms": "queue.buffering.max.ms",
            "message.timeout.ms": "delivery.timeout.ms",
        ]
        return aliases[property].map { properties[$0] != nil } ?? false
    }
}
