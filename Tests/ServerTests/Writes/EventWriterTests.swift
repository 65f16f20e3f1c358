import Events
import Kafka
import Ledger
import LocalServers
import Log
import Redis
import SalesRules
import Server
import Testing

@Suite("Writing events and waiting until they are applied", .timeLimit(.minutes(1)))
struct EventWriterTests {
    /// A log that stores nothing and returns these positions.
    private struct FixedLog: EventLog {
        let positions: [RecordPosition]

        func append(_ events: [Event], by person: Identifier?) async throws -> [RecordPosition] { positions }
    }

    private static let partition = TopicPartition(topic: "sales.orders", partition: 3)

    private func writer(_ fixture: ServerFixture, _ offsets: Int64..., timeout: Duration) -> EventWriter {
        let positions = offsets.map { RecordPosition(partition: Self.partition, offset: $0) }
        return EventWriter(
            log: FixedLog(positions: positions),
            link: fixture.client,
            keys: fixture.keys,
            timeout: timeout
        )
    }

    /// Two orders in different shards.
    private func orders(_ keys: KeySpace) throws -> [Event] {
        let events = (1...20).map { saved("SO-\($0)", total: "1.00") }
        func shard(_ event: Event) -> Int {
            guard case .order(let id, _) = event.change else { return 0 }
            return keys.shard(of: TenantScoped(tenant: acme, id: id))
        }
        let other = try #require(events.first { shard($0) != shard(events[0]) })
        return [events[0], other]
    }

    @Test("A write is applied when the cursors of all its shards have passed its offsets")
    func shards() async throws {
        try await withFixture([], shards: 3) { fixture in
            let events = try orders(fixture.keys)
            let eventWriter = writer(fixture, 4, 5, timeout: .milliseconds(10))
            #expect(try await !eventWriter.write(events, by: nil))
            try await fixture.sink.move(TopicPartition(topic: "sales.orders", partition: 2), to: 99)
            try await fixture.sink.move(Self.partition, to: 5)
            #expect(try await !eventWriter.write(events, by: nil), "offset 5 is not yet applied when it is next")
            try await fixture.sink.move(Self.partition, to: 6)
            #expect(try await eventWriter.write(events, by: nil))
        }
    }

    @Test("The writer does not wait for shards without written events")
    func otherShards() async throws {
        try await withFixture([], shards: 3) { fixture in
            let events = try orders(fixture.keys)
            guard case .order(let id, _) = events[1].change else { return }
            let shard = fixture.keys.shard(of: TenantScoped(tenant: acme, id: id))
            _ = try await fixture.connection.send(
                RedisPipeline(RedisCommand("SET", fixture.keys.cursor(Self.partition, shard: shard), "6 - 5 0"))
            )
            let eventWriter = writer(fixture, 5, timeout: .milliseconds(10))
            #expect(try await eventWriter.write([events[1]], by: nil))
            #expect(try await !eventWriter.write([events[0]], by: nil))
        }
    }

    @Test("The writer waits until a worker has applied the write")
    func late() async throws {
        try await withFixture([]) { fixture in
            let eventWriter = writer(fixture, 0, timeout: .seconds(30))
            async let isApplied = eventWriter.write([saved("SO-1", total: "1.00")], by: nil)
            try await fixture.sink.move(Self.partition, to: 1)
            #expect(try await isApplied)
        }
    }

    @Test("Without Redis a write succeeds and is reported as not yet applied")
    func noRedis() async throws {
        try await withFixture([]) { fixture in
            let eventWriter = writer(fixture, 0, timeout: .milliseconds(50))
            await fixture.redis.stop()
            let isApplied = try await eventWriter.write([saved("SO-1", total: "1.00")], by: nil)
            #expect(!isApplied)
        }
    }

    @Test("A write without events is applied at once")
    func nothing() async throws {
        try await withFixture([]) { fixture in
            let isApplied = try await writer(fixture, 0, timeout: .zero).write([], by: nil)
            #expect(isApplied)
        }
    }

    @Test("A change has the next edit of the highest version, up to the highest edit")
    func edits() throws {
        #expect(try EventWriter.edit(after: nil) == RecordVersion(number: nil, edit: 1))
        #expect(try EventWriter.edit(after: 7) == RecordVersion(number: 7, edit: 1))
        let last = try EventWriter.edit(after: RecordVersion(number: 7, edit: .max - 1))
        #expect(last == RecordVersion(number: 7, edit: .max))
        #expect(throws: EditsExhausted.self) { try EventWriter.edit(after: last) }
    }
}

@Suite("The producer of events", .timeLimit(.minutes(1)))
struct EventProducerTests {
    private func order(_ number: Int, version: RecordVersion) -> Event {
        Event(tenant: acme, .order(id("SO-\(number)"), .deleted(version: version)))
    }

    @Test("Each event gets its position, and the events of one key keep their order")
    func order() async throws {
        let cluster = try MockCluster()
        let topics = TopicNames()
        try cluster.createTopic(topics.orders, partitions: 3)
        let log = EventProducer(
            KafkaBackend(KafkaConfiguration(bootstrapServers: cluster.bootstrapServers)),
            topics: topics,
            currency: .euro
        )
        let events = (0..<60).map { order($0 % 5, version: RecordVersion(Int64($0))) }
        let positions = try await log.append(events, by: nil)
        #expect(positions.count == events.count)
        #expect(Set(positions).count == events.count)
        for number in 0..<5 {
            let ofKey = stride(from: number, to: 60, by: 5).map { positions[$0] }
            #expect(Set(ofKey.map(\.partition)).count == 1)
            #expect(ofKey.map(\.offset) == ofKey.map(\.offset).sorted())
        }
        await log.close()
    }

    @Test("A fatal error of its producer's client costs no event")
    func fatal() async throws {
        let cluster = try MockCluster()
        let topics = TopicNames()
        try cluster.createTopic(topics.orders, partitions: 1)
        let log = EventProducer(
            KafkaBackend(KafkaConfiguration(bootstrapServers: cluster.bootstrapServers)),
            topics: topics,
            currency: .euro
        )
        // OUT_OF_ORDER_SEQUENCE_NUMBER for the first message is a fatal error.
        cluster.pushErrors(requestKey: 0, errors: [45])
        for offset in 0..<2 {
            let positions = try await log.append([order(1, version: 2)], by: nil)
            #expect(positions.map(\.offset) == [Int64(offset)])
        }
        await log.close()
    }
}
