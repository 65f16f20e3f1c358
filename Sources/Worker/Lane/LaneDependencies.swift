package import Kafka
package import Ledger

/// The log as a lane reads it: Kafka's consumer, and in the simulation of the protocol one that is made up.
package protocol LaneLog: AnyObject {
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
package struct LaneSurroundings {
    /// A new connection to Redis; throws `RedisError`.
    package let connect: () async throws -> any PostingLink
    /// Returns once the dead letters are written for good.
    package let putAside: ([RefusedRecord]) throws(KafkaError) -> Void
    package let now: () -> ContinuousClock.Instant
    package let sleep: @Sendable (Duration) async -> Void
    /// A number of this range, for waits that are not all of one length.
    package let random: (ClosedRange<Int64>) -> Int64

    /// What is around one lane.
    package init(
        connect: @escaping () async throws -> any PostingLink,
        putAside: @escaping ([RefusedRecord]) throws(KafkaError) -> Void,
        now: @escaping () -> ContinuousClock.Instant,
        sleep: @escaping @Sendable (Duration) async -> Void,
        random: @escaping (ClosedRange<Int64>) -> Int64
    ) {
        self.connect = connect
        self.putAside = putAside
        self.now = now
        self.sleep = sleep
        self.random = random
    }
}
