internal import CKafka
internal import Log

extension ClientHandle {
    /// The id of the cluster, if a broker has told it.
    var clusterId: String? {
        // The caller frees the string.
        guard let id = rd_kafka_clusterid(pointer, 0) else { return nil }
        defer { rd_kafka_mem_free(nil, id) }
        return String(cString: id)
    }

    /// Connects to a broker, if no connection is open, and asks for the cluster's metadata and the leaders of these topics'
    /// partitions. Blocks.
    /// - Returns: whether a broker answered in time. Why none did arrives at the consumer as an error too.
    @discardableResult
    func connect(topics: some Collection<String> = [], timeoutMilliseconds: Int32) -> Bool {
        // The request is for all topics that have an object. librdkafka keeps the answer when these are destroyed.
        let objects = topics.compactMap { rd_kafka_topic_new(pointer, $0, nil) }
        defer { for object in objects { rd_kafka_topic_destroy(object) } }
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(pointer, 0, nil, &answer, timeoutMilliseconds)
        // The caller destroys the answer.
        if let answer { rd_kafka_metadata_destroy(answer) }
        return code == RD_KAFKA_RESP_ERR_NO_ERROR
    }
}
