internal import CKafka
internal import Log

/// Owns an `rd_kafka_topic_partition_list_t`. librdkafka copies a list that it is given.
struct PartitionList: ~Copyable {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(capacity: Int) {
        pointer = rd_kafka_topic_partition_list_new(Int32(capacity))
    }

    /// Adds a partition. The name is copied; the list owns the element.
    func add(_ partition: TopicPartition, offset: Int64 = Int64(RD_KAFKA_OFFSET_INVALID)) {
        rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition).pointee.offset = offset
    }

    deinit { rd_kafka_topic_partition_list_destroy(pointer) }
}

extension UnsafeMutablePointer<rd_kafka_topic_partition_list_t> {
    /// The partitions of the list, copied.
    var partitions: [TopicPartition] {
        elements.map { TopicPartition(topic: String(cString: $0.topic), partition: $0.partition) }
    }

    var elements: UnsafeBufferPointer<rd_kafka_topic_partition_t> {
        UnsafeBufferPointer(start: pointee.elems, count: Int(pointee.cnt))
    }
}
