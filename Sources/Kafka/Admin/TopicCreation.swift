internal import CKafka
internal import Log

/// Owns the `rd_kafka_NewTopic_t` of a CreateTopics request.
final class TopicCreation {
    private var topics: [OpaquePointer?] = []

    init(_ newTopics: [KafkaAdmin.NewTopic]) throws(LogError) {
        for topic in newTopics {
            var text = ErrorText()
            let native = text.read {
                rd_kafka_NewTopic_new(topic.name, topic.partitions, Int32(topic.replicationFactor), $0, $1)
            }
            guard let native else {
                throw LogError(RD_KAFKA_RESP_ERR__INVALID_ARG, reason: text.string, subject: topic.name)
            }
            topics.append(native)
            for (name, value) in topic.configuration.sorted(by: { $0.key < $1.key }) {
                // Both are copied.
                let code = rd_kafka_NewTopic_set_config(native, name, value)
                if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw LogError(code, subject: "\(topic.name): \(name)") }
            }
        }
    }

    deinit { rd_kafka_NewTopic_destroy_array(&topics, topics.count) }

    func send(
        by client: ClientHandle,
        to brokers: String,
        timeoutMilliseconds: Int32
    ) throws(LogError) -> [String: LogError?] {
        // The caller destroys the options, the queue and the event. The request copies the topics and the options.
        let options = rd_kafka_AdminOptions_new(client.pointer, RD_KAFKA_ADMIN_OP_CREATETOPICS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        let queue = rd_kafka_queue_new(client.pointer)
        defer { rd_kafka_queue_destroy(queue) }
        var text = ErrorText()
        let code = text.read {
            rd_kafka_AdminOptions_set_request_timeout(options, timeoutMilliseconds, $0, $1)
        }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw LogError(code, reason: text.string) }
        rd_kafka_CreateTopics(client.pointer, &topics, topics.count, options, queue)
        guard let event = rd_kafka_queue_poll(queue, timeoutMilliseconds &+ 1_000) else {
            throw LogError(RD_KAFKA_RESP_ERR__TIMED_OUT, subject: brokers)
        }
        defer { rd_kafka_event_destroy(event) }
        let failure = rd_kafka_event_error(event)
        if failure != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw LogError(failure, reason: String(cString: rd_kafka_event_error_string(event)), subject: brokers)
        }
        var count = 0
        var answers: [String: LogError?] = [:]
        // The results belong to the event.
        guard let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
        else { return answers }
        for result in UnsafeBufferPointer(start: results, count: count) {
            let name = String(cString: rd_kafka_topic_result_name(result))
            let code = rd_kafka_topic_result_error(result)
            let reason = rd_kafka_topic_result_error_string(result).map { String(cString: $0) }
            let error = code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : LogError(code, reason: reason, subject: name)
            answers.updateValue(error, forKey: name)
        }
        return answers
    }
}
