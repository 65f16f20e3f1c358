internal import CKafka
internal import Log

extension ClientHandle {
    /// Sets the partitions to read, and waits until librdkafka has stopped reading the earlier ones.
    ///
    /// In librdkafka 2.0.2 a second change that comes too early aborts the process (assertion `rktp_started`). The main
    /// thread of librdkafka handles its queue in order: the change queues the stop, and the stop queues a report that it
    /// is done. So the stop is complete once two more requests were answered.
    func assign(_ list: borrowing PartitionList) throws(LogError) {
        // The list is copied.
        try settle(rd_kafka_assign(pointer, list.pointer))
    }

    /// Reads no partitions, and waits in the same way.
    func unassign() throws(LogError) {
        try settle(rd_kafka_assign(pointer, nil))
    }

    private func settle(_ code: rd_kafka_resp_err_t) throws(LogError) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw LogError(code) }
        for _ in 0..<2 {
            // The caller destroys the list.
            var assignment: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
            let code = rd_kafka_assignment(pointer, &assignment)
            if let assignment { rd_kafka_topic_partition_list_destroy(assignment) }
            if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw LogError(code) }
        }
    }
}
