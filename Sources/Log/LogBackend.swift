/// A log that clients connect to: Kafka, or another one behind the same protocols.
public protocol LogBackend: Sendable {
    /// A consumer.
    /// - Parameters:
    ///   - group: the consumer group to join; nil to read only what `assign` says.
    ///   - member: the number of this consumer among those of this process, for groups with static members.
    func consumer(group: String?, member: Int) throws(LogError) -> sending any BlockingLogConsumer
    /// A producer.
    func producer(for use: ProducerUse) throws(LogError) -> any LogProducer
    /// Asks about topics, offsets and groups.
    func admin() throws(LogError) -> any LogAdmin
}

/// Asks a log about topics, offsets and consumer groups. Any thread may use it, but none of Swift's cooperative pool:
/// its calls block.
public protocol LogAdmin: Sendable {
    /// How many partitions topics have.
    /// - Returns: the topics that exist; the others are absent.
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
    /// As Kafka names it: `Stable`, `Empty`, `PreparingRebalance`; empty when there is no such group.
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
        /// What it calls itself (`client.id`).
        public let client: String
        /// Where it connects from.
        public let host: String

        /// A consumer with this name, at this host.
        public init(client: String, host: String) {
            self.client = client
            self.host = host
        }
    }
}
