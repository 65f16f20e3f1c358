internal import CKafka
public import Log

// Unchecked, because of the pointer alone: it never changes, and the mock cluster's functions hand their work to its own
// thread, or lock.
/// librdkafka's mock cluster: brokers inside this process, for the demo and tests. Other processes can connect to it.
///
/// It keeps no more than 5 MiB of a partition and drops older records without an error. Set `fetch.wait.max.ms=10` and
/// `session.timeout.ms=6000` in its clients; close them before it goes.
public final class MockCluster: @unchecked Sendable {
    /// Why the mock cluster refused something.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// What was refused, and librdkafka's reason.
        public let description: String
    }

    /// librdkafka runs a mock cluster inside of a client, which is used for nothing else.
    private let client: OpaquePointer
    private let cluster: OpaquePointer

    /// - Parameter brokers: how many; their ids begin at 1.
    public init(brokers: Int32 = 1) throws(Failure) {
        var text = [CChar](repeating: 0, count: 512)
        let configuration = rd_kafka_conf_new()
        // Without a callback nothing is printed. The client owns the configuration once it exists.
        rd_kafka_conf_set_log_cb(configuration, nil)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count) else {
            rd_kafka_conf_destroy(configuration)
            let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw Failure(description: "the mock cluster's client did not start: \(reason)")
        }
        // Ours to destroy, before the client that it runs in.
        guard let cluster = rd_kafka_mock_cluster_new(client, brokers) else {
            rd_kafka_destroy(client)
            throw Failure(description: "the mock cluster did not start")
        }
        self.client = client
        self.cluster = cluster
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    /// For a client's configuration.
    public var bootstrapServers: String { String(cString: rd_kafka_mock_cluster_bootstraps(cluster)) }

    /// Makes a topic; without this, one with four partitions is made when it is first asked for.
    public func createTopic(_ name: String, partitions: Int32) throws(Failure) {
        try check(rd_kafka_mock_topic_create(cluster, name, partitions, 1), subject: name)
    }

    /// Cuts a broker off, and refuses new connections to it.
    public func setDown(broker: Int32) throws(Failure) {
        try check(rd_kafka_mock_broker_set_down(cluster, broker), subject: "broker \(broker)")
    }

    /// Lets a broker that was down take connections again.
    public func setUp(broker: Int32) throws(Failure) {
        try check(rd_kafka_mock_broker_set_up(cluster, broker), subject: "broker \(broker)")
    }

    /// Makes a broker the leader of a partition.
    public func setLeader(of partition: TopicPartition, broker: Int32) throws(Failure) {
        try check(
            rd_kafka_mock_partition_set_leader(cluster, partition.topic, partition.partition, broker),
            subject: partition.description
        )
    }

    /// Delays every answer of a broker.
    public func setRoundTripTime(broker: Int32, milliseconds: Int32) throws(Failure) {
        try check(rd_kafka_mock_broker_set_rtt(cluster, broker, milliseconds), subject: "broker \(broker)")
    }

    /// Answers the next requests of a kind with these errors, one each.
    /// - Parameters:
    ///   - requestKey: the Kafka protocol's number: 0 Produce, 1 Fetch, 3 Metadata.
    ///   - errors: the Kafka protocol's codes; 0 lets one pass.
    public func pushErrors(requestKey: Int16, errors: [Int32]) {
        let codes = errors.map { rd_kafka_resp_err_t($0) }
        // Copies the array.
        rd_kafka_mock_push_request_errors_array(cluster, requestKey, codes.count, codes)
    }

    private func check(_ code: rd_kafka_resp_err_t, subject: String) throws(Failure) {
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { return }
        throw Failure(description: "\(subject): \(String(cString: rd_kafka_err2str(code)))")
    }
}
