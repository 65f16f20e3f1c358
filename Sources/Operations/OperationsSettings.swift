package import Events
package import Ledger
package import Log
package import Redis

/// What the tools of operators need to know: where the log and Redis are, and with which settings the numbers are made.
package struct OperationsSettings: Sendable {
    /// The log that Redis is a view of.
    package var log: any LogBackend
    /// The consumer group of the workers.
    package var group: String
    /// The names of the topics.
    package var topics: TopicNames
    /// Where Redis is.
    package var redis: RedisEndpoint
    /// The settings that shape numbers.
    package var ledger: LedgerSettings
    /// What decoding needs to know.
    package var events: EventSettings

    /// Settings of one installation.
    package init(
        log: any LogBackend,
        group: String,
        topics: TopicNames,
        redis: RedisEndpoint,
        ledger: LedgerSettings,
        events: EventSettings
    ) {
        self.log = log
        self.group = group
        self.topics = topics
        self.redis = redis
        self.ledger = ledger
        self.events = events
    }
}
