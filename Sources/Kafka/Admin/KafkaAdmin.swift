internal import CKafka
internal import Concurrency
public import Log

/// Reads a cluster's metadata and creates topics. Any thread may use it except those of Swift's cooperative pool: its
/// calls block.
public final class KafkaAdmin: LogAdmin {
    /// A topic to create.
    public struct NewTopic: Hashable, Sendable {
        /// The topic's name.
        public var name: String
        /// The number of partitions; 1 or more.
        public var partitions: Int32
        /// The number of replicas; -1 for the brokers' default.
        public var replicationFactor: Int16
        /// Topic settings by their Kafka names, such as `retention.ms`.
        public var configuration: [String: String]

        /// A topic with the brokers' default replication unless it is given.
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
    private let refusal = ClientRefusal()
    private let bootstrapServers: String

    /// Does not wait for a connection.
    /// - Throws: an error that names the refused property.
    public init(_ configuration: KafkaConfiguration) throws(LogError) {
        bootstrapServers = configuration.bootstrapServers
        // A consumer, because a producer's metadata requests can create topics. It never subscribes, so it joins no group.
        let native = try NativeConfiguration(configuration)
        ClientRefusal.install(in: native)
        handle = try ClientHandle(RD_KAFKA_CONSUMER, native, callbackTarget: refusal)
    }

    /// Makes a request. If no broker answered because they refuse this client, the error says so.
    func asking<Answer>(_ request: () throws(LogError) -> Answer) throws(LogError) -> Answer {
        do throws(LogError) {
            let answer = try request()
            refusal.clear()
            return answer
        } catch {
            // Calls the callback of every error that waits.
            while rd_kafka_poll(handle.pointer, 0) > 0 {}
            throw refusal.explaining(error)
        }
    }

    /// Creates topics. One can fail while others are created.
    ///
    /// - Returns: for each topic nil, or why it was not created, for example `isTopicAlreadyExists`.
    /// - Throws: an error if no topic could be created: no broker answered, or a setting was refused.
    public func createTopics(
        _ topics: [NewTopic],
        timeoutMilliseconds: Int32
    ) throws(LogError) -> [String: LogError?] {
        if topics.isEmpty { return [:] }
        let request = try TopicCreation(topics)
        return try asking { () throws(LogError) in
            try request.send(by: handle, to: bootstrapServers, timeoutMilliseconds: timeoutMilliseconds)
        }
    }

    /// Returns the number of partitions of each topic. With an empty list it only checks that a broker answers.
    ///
    /// - Returns: an entry for each topic that exists.
    /// - Throws: an error if no broker answered in time, or a broker refused.
    public func partitions(
        of topics: [String],
        timeoutMilliseconds: Int32
    ) throws(LogError) -> [String: Int32] {
        let deadline = ContinuousClock.now + .milliseconds(timeoutMilliseconds)
        if topics.isEmpty { try metadata(of: nil, until: deadline) { _ in } }
        var counts: [String: Int32] = [:]
        for topic in topics {
            // The caller destroys the topic.
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

    /// The offset of the first record and the offset after the last record of each partition. Each broker gets one
    /// request for all its partitions.
    public func watermarks(
        of partitions: [TopicPartition],
        timeoutMilliseconds: Int32
    ) throws(LogError) -> [TopicPartition: Watermarks] {
        let deadline = ContinuousClock.now + .milliseconds(timeoutMilliseconds)
        if partitions.isEmpty { return [:] }
        let (lows, highs) = try asking { () throws(LogError) in
            (
                try handle.offsets(of: partitions, .beginning, timeoutMilliseconds: deadline.millisecondsLeft),
                try handle.offsets(of: partitions, .end, timeoutMilliseconds: deadline.millisecondsLeft)
            )
        }
        return lows.reduce(into: [:]) { all, low in
            if let high = highs[low.key] { all[low.key] = Watermarks(low: low.value, high: high) }
        }
    }

    /// Calls `body` with the metadata of a topic, or of all topics for nil. The metadata is destroyed after the call.
    private func metadata(
        of topic: OpaquePointer?,
        until deadline: ContinuousClock.Instant,
        _ body: (rd_kafka_metadata) -> Void
    ) throws(LogError) {
        let answer = try asking { () throws(LogError) in
            var answer: UnsafePointer<rd_kafka_metadata>?
            let code = rd_kafka_metadata(handle.pointer, 0, topic, &answer, deadline.millisecondsLeft)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else {
                throw LogError(code, reason: "no broker answered", subject: bootstrapServers)
            }
            return answer
        }
        body(answer.pointee)
        rd_kafka_metadata_destroy(answer)
    }
}
