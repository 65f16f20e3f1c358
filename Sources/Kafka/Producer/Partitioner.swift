internal import CKafka

/// A function that chooses the partition of a record by its key, by librdkafka's name.
enum Partitioner: String {
    /// The hash of Kafka's Java client.
    case murmur2
    /// CRC-32, librdkafka's own default.
    case consistent
    case fnv1a

    /// The property of librdkafka.
    static let property = "partitioner"
    /// The same as Kafka's Java client, so that the events of a key lie on one partition whichever program writes them.
    static let standard = "murmur2_random"

    /// - Parameter name: a value of librdkafka's property; what it adds for records without a key does not matter.
    init?(name: String) {
        self.init(rawValue: name.hasSuffix("_random") ? String(name.dropLast("_random".count)) : name)
    }

    /// The number of the key's partition.
    /// - Parameters:
    ///   - key: not empty.
    ///   - count: how many partitions the topic has, at least 1.
    func partition(of key: [UInt8], among count: Int32) -> Int32 {
        key.withUnsafeBytes { key in
            // These functions do not use the topic.
            switch self {
            case .murmur2: rd_kafka_msg_partitioner_murmur2(nil, key.baseAddress, key.count, count, nil, nil)
            case .consistent: rd_kafka_msg_partitioner_consistent(nil, key.baseAddress, key.count, count, nil, nil)
            case .fnv1a: rd_kafka_msg_partitioner_fnv1a(nil, key.baseAddress, key.count, count, nil, nil)
            }
        }
    }
}
