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

    /// Connects to a broker and asks for the cluster's metadata. Without an answer in time nothing has changed. Blocks.
    func connect(timeoutMilliseconds: Int32) {
        var answer: UnsafePointer<rd_kafka_metadata>?
        // Errors arrive at the consumer too. The caller destroys the answer.
        _ = rd_kafka_metadata(pointer, 0, nil, &answer, timeoutMilliseconds)
        if let answer { rd_kafka_metadata_destroy(answer) }
    }
}
