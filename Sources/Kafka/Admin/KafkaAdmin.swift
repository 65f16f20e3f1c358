internal import CKafka
internal import Concurrency
public import Log

/// Looks at a cluster and makes topics. Any thread may use it, but none of the cooperative pool: its calls block.
public final class KafkaAdmin: LogAdmin {
    /// A topic to be made.
    public struct NewTopic: Hashable, Sendable {
        /// What the topic is called.
        public var name: String
        /// How many partitions it gets; 1 or more.
        public var partitions: Int32
        /// -1: as the brokers are set up.
        public var replicationFactor: Int16
        /// Kafka's topic settings by their own names, such as `retention.ms`.
        public var configuration: [String: String]

        /// A topic to be created.
        public init(
            name: String,
            partitions: Int32,
            replicationFactor: Int16 = -1,
            configuration: [String: String] = [:]
        ) {
            self.name = name
            self.partitions = partitions
            self.replicationFactor = replicationFactor
            self.configuration = configuration
        }
    }

    let handle: ClientHandle
    private let bootstrapServers: String

    /// Connects to nothing yet.
    /// - Throws: an error naming the property that is refused.
    public init(_ configuration: KafkaConfiguration) throws(LogError) {
        bootstrapServers = configuration.bootstrapServers
        // A consumer's metadata requests make no topics, as a producer's do. It joins nothing without a group.
        handle = try ClientHandle(RD_KAFKA_CONSUMER, NativeConfiguration(configuration))
    }

    /// Makes topics, each on its own.
    ///
    /// - Returns: for each topic nil, or why it was not made; `isTopicAlreadyExists` is one such reason.
    /// - Throws: why none could be made: no broker answered, or a setting was refused.
    public func createTopics(
        _ topics: [NewTopic],
        timeoutMilliseconds: Int32
    ) throws(LogError) -> [String: LogError?] {
        if topics.isEmpty { return [:] }
        let request = try TopicCreation(topics)
        return try request.send(by: handle, to: bootstrapServers, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// How many partitions topics have. No topics: merely asks whether a broker answers.
    ///
    /// - Returns: the topics that exist; the others are absent.
    /// - Throws: that no broker answered in time, or refused to.
    public func partitions(
        of topics: [String],
        timeoutMilliseconds: Int32
    ) throws(LogError) -> [String: Int32] {
        let deadline = ContinuousClock.now + .milliseconds(timeoutMilliseconds)
        if topics.isEmpty { try metadata(of: nil, until: deadline) { _ in } }
        var counts: [String: Int32] = [:]
        for topic in topics {
            // Ours to destroy.
            guard let native = rd_kafka_topic_new(handle.pointer, topic, nil) else {
                throw LogError(rd_kafka_last_error(), subject: topic)
            }
            defer { rd_kafka_topic_destroy(native) }
            var found: (code: rd_kafka_resp_err_t, count: Int32)?
            try metadata(of: native, until: deadline) { metadata in
                if let topics = metadata.topics, metadata.topic_cnt > 0 {
                    found = (topics.pointee.err, topics.pointee.partition_cnt)
                }
            }
            switch found?.code {
            case RD_KAFKA_RESP_ERR_NO_ERROR: counts[topic] = found?.count
            case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, nil: continue
            case let code?: throw LogError(code, subject: topic)
            }
        }
        return counts
    }

    /// The offsets of the first record and after the last one, of each partition; asked of each broker for all its
    /// partitions at once.
    public func watermarks(
        of partitions: [TopicPartition],
        timeoutMilliseconds: Int32
    ) throws(LogError) -> [TopicPartition: Watermarks] {
        let deadline = ContinuousClock.now + .milliseconds(timeoutMilliseconds)
        if partitions.isEmpty { return [:] }
        let lows = try handle.offsets(of: partitions, .beginning, timeoutMilliseconds: deadline.millisecondsLeft)
        let highs = try handle.offsets(of: partitions, .end, timeoutMilliseconds: deadline.millisecondsLeft)
        return lows.reduce(into: [:]) { all, low in
            if let high = highs[low.key] { all[low.key] = Watermarks(low: low.value, high: high) }
        }
    }

    /// The answer is lent, and destroyed afterwards.
    private func metadata(
        of topic: OpaquePointer?,
        until deadline: ContinuousClock.Instant,
        _ body: (rd_kafka_metadata) -> Void
    ) throws(LogError) {
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(handle.pointer, 0, topic, &answer, deadline.millisecondsLeft)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else {
            throw LogError(code, reason: "no broker answered", subject: bootstrapServers)
        }
        body(answer.pointee)
        rd_kafka_metadata_destroy(answer)
    }
}
