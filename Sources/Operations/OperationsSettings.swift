package import Events
package import Ledger
package import Log
package import Redis

/// What the operators' commands need: the log, Redis, and the settings that shape numbers.
package struct OperationsSettings: Sendable {
    /// The log with the events.
    package var log: any LogBackend
    /// The consumer group of the workers.
    package var group: String
    /// The names of the topics.
    package var topics: TopicNames
    /// The Redis with the numbers.
    package var redis: RedisEndpoint
    /// The settings that shape numbers.
    package var ledger: LedgerSettings
    /// The settings for decoding events.
    package var events: EventSettings

    /// The settings of one installation.
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
