package import Events
package import Kafka
package import Ledger
package import Redis

/// What a worker needs to know.
package struct WorkerSettings: Sendable {
    /// Where Kafka is, and how to reach it.
    package var kafka: KafkaConfiguration
    /// The consumer group that shares the partitions.
    package var group: String
    /// What the topics are called.
    package var topics: TopicNames
    /// Where Redis is.
    package var redis: RedisEndpoint
    /// The settings that shape numbers.
    package var ledger: LedgerSettings
    /// What decoding has to know.
    package var events: EventSettings
    /// How many threads, each with its own consumer, Redis connection and partitions; 1 or more.
    package var lanes: Int
    /// The most records in one batch, 1 to 1,000.
    package var batchSize: Int
    /// From where on records that cannot be applied are put aside; those before were when they were first read. The
    /// beginning, where nothing is said of a partition.
    package var deadLettersFrom: [LogPartition: Int64] = [:]

    /// Settings of one worker; two lanes of 1,000 records unless said otherwise.
    package init(
        kafka: KafkaConfiguration,
        group: String,
        topics: TopicNames,
        redis: RedisEndpoint,
        ledger: LedgerSettings,
        events: EventSettings,
        lanes: Int = 2,
        batchSize: Int = 1_000
    ) {
        precondition(lanes >= 1 && (1...Catalogs.maximumChanges).contains(batchSize))
        self.kafka = kafka
        self.group = group
        self.topics = topics
        self.redis = redis
        self.ledger = ledger
        self.events = events
        self.lanes = lanes
        self.batchSize = batchSize
    }
}
