internal import CKafka

// Unchecked only because of the pointers. They never change, and the functions of the mock cluster take a lock or queue
// their work for the cluster's own thread.
/// librdkafka's mock cluster: brokers in this process, for the demo and tests. Other processes can connect to it.
///
/// It keeps at most 5 MiB of each partition and drops older records without an error. Set `fetch.wait.max.ms=10` and
/// `session.timeout.ms=6000` in its clients, and close them before the cluster is released.
public final class MockCluster: @unchecked Sendable {
    /// Why the mock cluster refused something.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// The topic, partition or broker, and librdkafka's reason.
        public let description: String
    }

    /// The client that the mock cluster runs in; it has no other use.
    private let client: OpaquePointer
    private let cluster: OpaquePointer

    /// - Parameter brokers: the number of brokers; their ids begin at 1.
    public init(brokers: Int32 = 1) throws(Failure) {
        var text = [CChar](repeating: 0, count: 512)
        let configuration = rd_kafka_conf_new()
        // Without a log callback nothing is printed. The client takes ownership of the configuration if it is created.
        rd_kafka_conf_set_log_cb(configuration, nil)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &text, text.count) else {
            rd_kafka_conf_destroy(configuration)
            let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw Failure(description: "the mock cluster's client did not start: \(reason)")
        }
        // `deinit` destroys the cluster before the client that it runs in.
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

    /// The brokers' addresses, for a client's configuration.
    public var bootstrapServers: String { String(cString: rd_kafka_mock_cluster_bootstraps(cluster)) }

    /// Creates a topic. A topic that is not created here gets four partitions at its first use.
    public func createTopic(_ name: String, partitions: Int32) throws(Failure) {
        try check(rd_kafka_mock_topic_create(cluster, name, partitions, 1), subject: name)
    }

    /// Closes the connections of a broker and refuses new ones.
    public func setDown(broker: Int32) throws(Failure) {
        try check(rd_kafka_mock_broker_set_down(cluster, broker), subject: "broker \(broker)")
    }

    /// Lets a broker accept connections again after `setDown`.
    public func setUp(broker: Int32) throws(Failure) {
        try check(rd_kafka_mock_broker_set_up(cluster, broker), subject: "broker \(broker)")
    }

    /// Answers the next requests of one type with these errors, one error for each request.
    /// - Parameters:
    ///   - requestKey: the API key of the Kafka protocol: 0 Produce, 1 Fetch, 3 Metadata.
    ///   - errors: error codes of the Kafka protocol; 0 lets the request pass.
    public func pushErrors(requestKey: Int16, errors: [Int32]) {
        let codes = errors.map { rd_kafka_resp_err_t($0) }
        // librdkafka copies the array.
        rd_kafka_mock_push_request_errors_array(cluster, requestKey, codes.count, codes)
    }

    private func check(_ code: rd_kafka_resp_err_t, subject: String) throws(Failure) {
        if code == RD_KAFKA_RESP_ERR_NO_ERROR { return }
        throw Failure(description: "\(subject): \(String(cString: rd_kafka_err2str(code)))")
    }
}
