internal import CKafka
internal import Concurrency
internal import Log
internal import Synchronization

extension ClientHandle {
    /// Asks the partition's leader for the beginning and the end of its log. Blocks.
    func watermarks(
        of partition: TopicPartition,
        timeoutMilliseconds: Int32
    ) throws(LogError) -> Watermarks {
        let answer = WatermarkAnswer()
        // On its own thread: librdkafka 2.0.2 can exceed its timeout once it has found a leader.
        let finished = BlockingThread.finishes("kafka-offsets", withinMilliseconds: timeoutMilliseconds) { [self] in
            var low: Int64 = 0
            var high: Int64 = 0
            let code = rd_kafka_query_watermark_offsets(
                pointer,
                partition.topic,
                partition.partition,
                &low,
                &high,
                timeoutMilliseconds
            )
            let result = (code: code.rawValue, low: low, high: high)
            answer.value.withLock { $0 = result }
        }
        guard finished, let result = answer.value.withLock({ $0 }) else {
            throw LogError(
                RD_KAFKA_RESP_ERR__TIMED_OUT,
                reason: "no answer within \(timeoutMilliseconds) ms",
                topicPartition: partition
            )
        }
        let code = rd_kafka_resp_err_t(result.code)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw LogError(code, topicPartition: partition) }
        return Watermarks(low: result.low, high: result.high)
    }
}

private final class WatermarkAnswer: Sendable {
    let value = Mutex<(code: Int32, low: Int64, high: Int64)?>(nil)
}

extension ClientHandle {
    /// Special timestamps of Kafka's ListOffsets request.
    enum End: Int64 {
        case beginning = -2
        case end = -1
    }

    /// Asks for the beginning or the end of many logs, with one request for each leader. Blocks.
    /// - Throws: the first error: all offsets or none.
    func offsets(
        of partitions: [TopicPartition],
        _ end: End,
        timeoutMilliseconds: Int32
    ) throws(LogError) -> [TopicPartition: Int64] {
        let answer = OffsetsAnswer()
        let finished = BlockingThread.finishes("kafka-offsets", withinMilliseconds: timeoutMilliseconds) { [self] in
            let list = PartitionList(capacity: partitions.count)
            for partition in partitions { list.add(partition, offset: end.rawValue) }
            let code = rd_kafka_offsets_for_times(pointer, list.pointer, timeoutMilliseconds)
            let elements = zip(list.pointer.partitions, list.pointer.elements)
                .map { (partition: $0, offset: $1.offset, code: $1.err.rawValue) }
            answer.value.withLock { $0 = (code.rawValue, elements) }
        }
        guard finished, let result = answer.value.withLock({ $0 }) else {
            throw LogError(RD_KAFKA_RESP_ERR__TIMED_OUT, reason: "no answer within \(timeoutMilliseconds) ms")
        }
        let code = rd_kafka_resp_err_t(result.code)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw LogError(code) }
        var offsets: [TopicPartition: Int64] = [:]
        for (partition, offset, code) in result.elements {
            let code = rd_kafka_resp_err_t(code)
            if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw LogError(code, topicPartition: partition) }
            offsets[partition] = offset
        }
        return offsets
    }
}

private final class OffsetsAnswer: Sendable {
    let value = Mutex<(code: Int32, elements: [(partition: TopicPartition, offset: Int64, code: Int32)])?>(nil)
}
