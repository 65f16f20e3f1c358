internal import CKafka
internal import Synchronization

extension ClientHandle {
    /// Asks the partition's leader where its log begins and ends. Blocks.
    func watermarks(
        of partition: TopicPartition,
        timeoutMilliseconds: Int32
    ) throws(KafkaError) -> (low: Int64, high: Int64) {
        let answer = WatermarkAnswer()
        // librdkafka 2.0.2 does not keep to this timeout once a leader is found.
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
            throw KafkaError(
                RD_KAFKA_RESP_ERR__TIMED_OUT,
                reason: "no answer within \(timeoutMilliseconds) ms",
                topicPartition: partition
            )
        }
        let code = rd_kafka_resp_err_t(result.code)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code, topicPartition: partition) }
        return (result.low, result.high)
    }
}

private final class WatermarkAnswer: Sendable {
    let value = Mutex<(code: Int32, low: Int64, high: Int64)?>(nil)
}
