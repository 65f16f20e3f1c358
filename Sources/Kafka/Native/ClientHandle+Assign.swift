internal import CKafka
internal import Log

extension ClientHandle {
    /// Gives librdkafka what to read, or nothing at all, and waits until it has stopped reading what it read before.
    ///
    /// A second change before the first has come through aborts the process in librdkafka 2.0.2 (assertion
    /// `rktp_started`). Its main thread does everything in order of arrival: the stop follows on the change, and the
    /// note that it has stopped follows on the stop. So when it has answered two more questions, both are behind us.
    func assign(_ list: borrowing PartitionList) throws(LogError) {
        // The list is copied.
        try settle(rd_kafka_assign(pointer, list.pointer))
    }

    /// The same for reading nothing.
    func unassign() throws(LogError) {
        try settle(rd_kafka_assign(pointer, nil))
    }

    private func settle(_ code: rd_kafka_resp_err_t) throws(LogError) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw LogError(code) }
        for _ in 0..<2 {
            // The answer is ours to destroy.
            var assignment: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
            let code = rd_kafka_assignment(pointer, &assignment)
            if let assignment { rd_kafka_topic_partition_list_destroy(assignment) }
            if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw LogError(code) }
        }
    }
}
