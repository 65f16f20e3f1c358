/// A log that clients connect to: Kafka, or another log with the same protocols.
public protocol LogBackend: Sendable {
    /// Creates a consumer.
    /// - Parameters:
    ///   - group: the consumer group to join; nil to read only the partitions given to `assign`.
    ///   - member: the number of this consumer among the consumers of this process, for groups with static members.
    func consumer(group: String?, member: Int) throws(LogError) -> sending any BlockingLogConsumer
    /// Creates a producer.
    func producer(for use: ProducerUse) throws(LogError) -> any LogProducer
    /// How producers choose the partition of a record with a key; a name for people, and for `partition(of:among:by:)`.
    var partitioner: String { get }
    /// The partition of a key.
    /// - Parameters:
    ///   - count: how many partitions the topic has.
    ///   - partitioner: how a producer chooses.
    /// - Returns: nil where the key is empty, or does not decide.
    func partition(of key: [UInt8], among count: Int32, by partitioner: String) -> Int32?
    /// Creates a client for questions about topics, offsets and groups.
    func admin() throws(LogError) -> any LogAdmin
}

/// Asks a log about topics, offsets and consumer groups. Its calls block: use it on any thread except those of Swift's
/// cooperative pool.
public protocol LogAdmin: Sendable {
    /// How many partitions each topic has.
    /// - Returns: only the topics that exist.
    /// - Throws: when the log does not answer in time, or refuses.
    func partitions(of topics: [String], timeoutMilliseconds: Int32) throws(LogError) -> [String: Int32]
    /// Where the logs of partitions begin and end.
    func watermarks(
        of partitions: [TopicPartition],
        timeoutMilliseconds: Int32
    ) throws(LogError) -> [TopicPartition: Watermarks]
    /// The members of a consumer group.
    func group(_ name: String, timeoutMilliseconds: Int32) throws(LogError) -> ConsumerGroup
}

/// A consumer group as its coordinator sees it.
public struct ConsumerGroup: Hashable, Sendable {
    /// Kafka's word for it, such as `Stable`, `Empty` or `PreparingRebalance`; empty when there is no such group.
    public let state: String
    /// Its members.
    public let members: [Member]

    /// A group in this state.
    public init(state: String, members: [Member]) {
        self.state = state
        self.members = members
    }

    /// One consumer; a worker has one for each lane.
    public struct Member: Hashable, Sendable {
        /// Its own name (`client.id`).
        public let client: String
        /// The address that it connects from.
        public let host: String

        /// A consumer with this name, at this host.
        public init(client: String, host: String) {
            self.client = client
            self.host = host
        }
    }
}
