package import Events
package import Ledger
package import Log
package import Redis

/// The settings of a worker.
package struct WorkerSettings: Sendable {
    /// The log to apply.
    package var log: any LogBackend
    /// The consumer group that shares the partitions.
    package var group: String
    /// The names of the topics.
    package var topics: TopicNames
    /// The address of Redis.
    package var redis: RedisEndpoint
    /// The settings that the numbers depend on.
    package var ledger: LedgerSettings
    /// The settings of decoding.
    package var events: EventSettings
    /// The number of lanes, 1 or more. A lane is a thread with its own consumer, Redis connection and partitions.
    package var lanes: Int
    /// The most records in one batch, 1 to ``Catalogs/maximumChanges``.
    package var batchSize: Int
    /// The most orders that one step of a backfill derives again.
    package var backfillStep = Backfill.stepSize
    /// For each partition the first offset whose dead letters are written; those of earlier records were already
    /// written. For a partition that is missing here, all are written.
    package var deadLettersFrom: [TopicPartition: Int64] = [:]
    /// Whether states are written once more behind records that do not give them. A rebuild leaves that to the workers.
    package var restates = true

    /// The default number of lanes.
    package static let defaultLanes = 2
    /// The default size of a batch, in records. Larger batches keep Redis busy for longer, and smaller ones cost more
    /// time for each order.
    package static let defaultBatchSize = 250

    /// The settings of one worker.
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
