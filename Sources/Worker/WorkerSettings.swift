package import Events
package import Ledger
package import Log
package import Redis

/// What a worker needs to know.
package struct WorkerSettings: Sendable {
    /// The log to apply.
    package var log: any LogBackend
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
    /// The most records in one batch, 1 to ``Catalogs/maximumChanges``.
    package var batchSize: Int
    /// From which offset on records that cannot be applied are written to the dead letters; those before were written when
    /// they were first read. The beginning, where a partition is missing.
    package var deadLettersFrom: [TopicPartition: Int64] = [:]

    /// How many lanes a worker has unless said otherwise.
    package static let defaultLanes = 2
    /// How many records a batch has unless said otherwise: larger ones keep Redis longer from other clients, smaller ones
    /// cost more for each order.
    package static let defaultBatchSize = 250

    /// Settings of one worker.
    package init(
        log: any LogBackend,
        group: String,
        topics: TopicNames,
        redis: RedisEndpoint,
        ledger: LedgerSettings,
        events: EventSettings,
        lanes: Int = defaultLanes,
        batchSize: Int = defaultBatchSize
    ) {
        precondition(lanes >= 1 && (1...Catalogs.maximumChanges).contains(batchSize))
        self.log = log
        self.group = group
        self.topics = topics
        self.redis = redis
        self.ledger = ledger
        self.events = events
        self.lanes = lanes
        self.batchSize = batchSize
    }
}
