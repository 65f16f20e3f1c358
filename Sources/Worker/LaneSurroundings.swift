internal import Kafka
internal import Ledger
internal import Redis

/// The log as a lane reads it: Kafka's consumer, and in the simulation of the protocol one that is made up.
protocol LaneLog: AnyObject {
    func subscribe(to topics: [String]) throws(KafkaError)
    nonisolated(nonsending) func poll(timeoutMilliseconds: Int32) async throws(KafkaError) -> KafkaConsumer.Event?
    func assign(_ starts: [TopicPartition: StartPosition]) throws(KafkaError)
    func unassign() throws(KafkaError)
    func commit(_ offsets: [TopicPartition: Int64])
    func checkLogs()
    func clusterId(timeoutMilliseconds: Int32) throws(KafkaError) -> String?
    func close(timeoutMilliseconds: Int32)
}

extension KafkaConsumer: LaneLog {}

/// What else a lane has around it: Redis, the dead letters and the clock.
struct LaneSurroundings {
    /// A new connection to Redis.
    let connect: () async throws(RedisError) -> any PostingLink
    /// Returns once the dead letters are written for good.
    let putAside: ([RefusedRecord]) throws(KafkaError) -> Void
    let now: () -> ContinuousClock.Instant
    let sleep: @Sendable (Duration) async -> Void
}
