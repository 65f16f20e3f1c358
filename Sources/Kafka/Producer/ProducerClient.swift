internal import CKafka
internal import Log
internal import Synchronization

/// A producer's client and its topics. Any thread may call it.
final class ProducerClient: Sendable {
    private let handle: ClientHandle
    /// Why the brokers refuse the client, if they do.
    let refusal = ClientRefusal()
    private let topics = Mutex<[String: TopicHandle]>([:])
    private let calls = Mutex(Calls())
    /// Set when `close` is complete.
    private let isDone = Atomic(false)

    /// Counts the running calls of `produce`, so that `close` can wait for them: a record that is queued later would
    /// get no delivery report.
    private struct Calls {
        var isClosed = false
        var producing = 0
    }

    private static let defaults = [
        "compression.codec": "lz4", "linger.ms": "5", "message.timeout.ms": "30000",
        Partitioner.property: Partitioner.standard,
    ]

    init(_ configuration: KafkaConfiguration) throws(LogError) {
        let native = try NativeConfiguration(
            configuration,
            defaults: Self.defaults.filter { !configuration.hasAlias(of: $0.key) },
            forced: ["enable.idempotence": "true"]
        )
        DeliveryReports.install(in: native)
        ClientRefusal.install(in: native)
        handle = try ClientHandle(RD_KAFKA_PRODUCER, native, callbackTarget: refusal)
    }

    /// Whether a fatal error has ended it.
    var hasEnded: Bool { rd_kafka_fatal_error(handle.pointer, nil, 0) != RD_KAFKA_RESP_ERR_NO_ERROR }

    /// The error of a record with what is known of the client: a fatal error, or why the brokers refuse it.
    func explaining(_ error: LogError) -> LogError { fatalError ?? refusal.explaining(error) }

    /// The error that ended the client. The same record may be written by the next one.
    private var fatalError: LogError? { LogError.fatal(of: handle.pointer, isRetriable: true) }

    /// Serves delivery reports until the client is closed and all reports were served. Runs on the producer's thread.
    func servePolls() {
        while !isDone.load(ordering: .acquiring) || rd_kafka_outq_len(handle.pointer) > 0 {
            // Returns as soon as it has served a report; the result is the number of reports.
            _ = rd_kafka_poll(handle.pointer, 100)
        }
    }

    private func beginCall() throws(LogError) {
        let isOpen = calls.withLock { calls in
            if !calls.isClosed { calls.producing += 1 }
            return !calls.isClosed
        }
        if !isOpen { throw LogError(RD_KAFKA_RESP_ERR__DESTROY, reason: "the producer is closed") }
    }

    private func endCall() { calls.withLock { $0.producing -= 1 } }

    /// Queues a record. The receiver gets its report, exactly once, unless this call throws.
    func produce(_ record: ProducerRecord, receiver: DeliveryReceiver) throws(LogError) {
        try record.key.withOptionalBytes { (key) throws(LogError) in
            try record.value.withOptionalBytes { (value) throws(LogError) in
                try produce(record, key: key, value: value, receiver: receiver)
            }
        }
    }

    private func produce(
        _ record: ProducerRecord,
        key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?,
        receiver: DeliveryReceiver
    ) throws(LogError) {
        try beginCall()
        defer { endCall() }
        let topic = try topic(record.topic)
        let headers = try NativeHeaders(record.headers)
        // Released by the delivery report, or below if the message is refused.
        let context = Unmanaged.passRetained(receiver)
        var arguments: [rd_kafka_vu_t] = [
            .init(RD_KAFKA_VTYPE_RKT) { $0.u.rkt = topic.pointer },
            .init(RD_KAFKA_VTYPE_PARTITION) { $0.u.i32 = record.partition ?? RD_KAFKA_PARTITION_UA },
            .init(RD_KAFKA_VTYPE_MSGFLAGS) { $0.u.i = RD_KAFKA_MSG_F_COPY },
            .init(RD_KAFKA_VTYPE_KEY, bytes: key),
            .init(RD_KAFKA_VTYPE_VALUE, bytes: value),
            .init(RD_KAFKA_VTYPE_OPAQUE) { $0.u.ptr = context.toOpaque() },
        ]
        if let timestamp = record.timestamp {
            arguments.append(.init(RD_KAFKA_VTYPE_TIMESTAMP) { $0.u.i64 = timestamp })
        }
        if let headers {
            arguments.append(.init(RD_KAFKA_VTYPE_HEADERS) { $0.u.headers = headers.pointer })
        }
        // librdkafka copies key and value. It takes ownership of the headers only if it accepts the message.
        if let error = rd_kafka_produceva(handle.pointer, arguments, arguments.count) {
            context.release()
            // `LogError(consuming:)` destroys the error object.
            let refusal = LogError(consuming: error, subject: record.topic)
            throw fatalError ?? refusal
        }
        headers?.wasTaken()
    }

    /// Waits up to 30 s for room in the local queue.
    func produceWaiting(_ record: ProducerRecord, receiver: DeliveryReceiver) throws(LogError) {
        var deadline: ContinuousClock.Instant?
        while true {
            do throws(LogError) {
                return try produce(record, receiver: receiver)
            } catch {
                let end = deadline ?? .now + .seconds(30)
                deadline = end
                if error.code != RD_KAFKA_RESP_ERR__QUEUE_FULL.rawValue || .now >= end { throw error }
                // Each report that is served makes room in the queue.
                _ = rd_kafka_poll(handle.pointer, 10)
            }
        }
    }

    /// Returns as soon as a report was served, or after this time.
    func serveReports(milliseconds: Int32) { _ = rd_kafka_poll(handle.pointer, milliseconds) }

    func close(timeoutMilliseconds: Int32) {
        calls.withLock { $0.isClosed = true }
        // Waits for the running calls of `produce`, which take microseconds. No new one can begin.
        while calls.withLock({ $0.producing }) > 0 { _ = rd_kafka_poll(handle.pointer, 1) }
        // A timeout is no error here: the records that are left fail below.
        _ = rd_kafka_flush(handle.pointer, timeoutMilliseconds)
        fail()
        isDone.store(true, ordering: .releasing)
    }

    /// Fails all records that are not written yet. Reports that take longer than a second are left to ``servePolls()``.
    private func fail() {
        // Fails only for wrong arguments.
        _ = rd_kafka_purge(handle.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        let deadline = ContinuousClock.now + .seconds(1)
        while rd_kafka_outq_len(handle.pointer) > 0, .now < deadline {
            _ = rd_kafka_poll(handle.pointer, 10)
        }
    }

    private func topic(_ name: String) throws(LogError) -> TopicHandle {
        let found: Result<TopicHandle, LogError> = topics.withLock { topics in
            if let topic = topics[name] { return .success(topic) }
            // The `TopicHandle` destroys it before the client.
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

// Unchecked only because of the pointer. It never changes, and librdkafka lets any thread use a topic.
/// Owns an `rd_kafka_topic_t`. Giving each message the topic's name instead doubles the cost of `produce`.
final class TopicHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    private let client: ClientHandle

    init(_ pointer: OpaquePointer, client: ClientHandle) {
        self.pointer = pointer
        self.client = client
    }

    deinit { rd_kafka_topic_destroy(pointer) }
}

/// Closes a producer's client. Run it on its own thread, because it blocks.
final class ProducerClosing: Sendable {
    private let client: Mutex<ProducerClient?>

    init(_ client: ProducerClient) { self.client = Mutex(client) }

    func run(timeoutMilliseconds: Int32) {
        client.withLock { $0.take() }?.close(timeoutMilliseconds: timeoutMilliseconds)
    }
}

extension KafkaConfiguration {
    /// Whether the user set the property by its other name.
    fileprivate func hasAlias(of property: String) -> Bool {
        let aliases = [
            "compression.codec": "compression.type", "linger.ms": "queue.buffering.max.ms",
            "message.timeout.ms": "delivery.timeout.ms",
        ]
        return aliases[property].map { properties[$0] != nil } ?? false
    }
}
