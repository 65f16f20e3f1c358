import Events
import Kafka
import Ledger
import LocalServers
import Log
import Redis
import SalesRules
import Server
import Testing

@Suite("Writing to the log and waiting for it", .timeLimit(.minutes(1)))
struct LogWriterTests {
    /// A log that says where each event stands, and holds nothing.
    private struct StandIn: EventLog {
        let positions: [RecordPosition]

        func append(_ events: [Event], by person: Identifier?) async throws -> [RecordPosition] { positions }
    }

    private static let partition = TopicPartition(topic: "sales.orders", partition: 3)

    private func writer(_ fixture: ServerFixture, _ offsets: Int64..., patience: Duration) -> EventWriter {
        let positions = offsets.map { RecordPosition(partition: Self.partition, offset: $0) }
        return EventWriter(
            log: StandIn(positions: positions),
            link: fixture.client,
            keys: fixture.keys,
            patience: patience
        )
    }

    /// Two orders in different shards of three.
    private func orders(_ keys: KeySpace) throws -> [Event] {
        let events = (1...20).map { saved("SO-\($0)", total: "1.00") }
        func shard(_ event: Event) -> Int {
            guard case .order(let id, _) = event.change else { return 0 }
            return keys.shard(of: TenantScoped(tenant: acme, id: id))
        }
        let other = try #require(events.first { shard($0) != shard(events[0]) })
        return [events[0], other]
    }

    @Test("It is done when the cursors of all shards concerned have passed what was written, and not before")
    func shards() async throws {
        try await withFixture([], shards: 3) { fixture in
            let events = try orders(fixture.keys)
            let impatient = writer(fixture, 4, 5, patience: .milliseconds(10))
            #expect(try await !impatient.write(events, by: nil))
            try await fixture.sink.move(TopicPartition(topic: "sales.orders", partition: 2), to: 99)
            try await fixture.sink.move(Self.partition, to: 5)
            #expect(try await !impatient.write(events, by: nil), "offset 5 is not applied when 5 is the next one")
            try await fixture.sink.move(Self.partition, to: 6)
            #expect(try await impatient.write(events, by: nil))
        }
    }

    @Test("A shard that nothing was written to is not waited for")
    func otherShards() async throws {
        try await withFixture([], shards: 3) { fixture in
            let events = try orders(fixture.keys)
            guard case .order(let id, _) = events[1].change else { return }
            let shard = fixture.keys.shard(of: TenantScoped(tenant: acme, id: id))
            _ = try await fixture.connection.send(
                RedisPipeline(RedisCommand("SET", fixture.keys.cursor(Self.partition, shard: shard), "6 5 0"))
            )
            let impatient = writer(fixture, 5, patience: .milliseconds(10))
            #expect(try await impatient.write([events[1]], by: nil))
            #expect(try await !impatient.write([events[0]], by: nil))
        }
    }

    @Test("It waits for a worker that takes a moment")
    func late() async throws {
        try await withFixture([]) { fixture in
            let patient = writer(fixture, 0, patience: .seconds(30))
            async let isApplied = patient.write([saved("SO-1", total: "1.00")], by: nil)
            try await fixture.sink.move(Self.partition, to: 1)
            #expect(try await isApplied)
        }
    }

    @Test("What is in the log is promised, also while Redis cannot be asked")
    func noRedis() async throws {
        try await withFixture([]) { fixture in
            let patient = writer(fixture, 0, patience: .milliseconds(50))
            await fixture.redis.stop()
            let isApplied = try await patient.write([saved("SO-1", total: "1.00")], by: nil)
            #expect(!isApplied)
        }
    }

    @Test("Nothing is written and waited for where there is nothing")
    func nothing() async throws {
        try await withFixture([]) { fixture in
            let isApplied = try await writer(fixture, 0, patience: .zero).write([], by: nil)
            #expect(isApplied)
        }
    }

    @Test("A version follows the one before, up to the last there is")
    func versions() throws {
        #expect(try EventWriter.version(after: nil) == 1)
        #expect(try EventWriter.version(after: 7) == 8)
        #expect(throws: VersionExhausted.self) { try EventWriter.version(after: .max) }
    }
}

@Suite("The log in Kafka", .timeLimit(.minutes(1)))
struct KafkaLogTests {
    private func order(_ number: Int, version: Int64) -> Event {
        Event(tenant: acme, .order(id("SO-\(number)"), .deleted(version: version)))
    }

    @Test("Events are told where they stand, and those of one record keep their order")
    func order() async throws {
        let cluster = try MockCluster()
        let topics = TopicNames()
        try cluster.createTopic(topics.orders, partitions: 3)
        let log = EventProducer(
            KafkaBackend(KafkaConfiguration(bootstrapServers: cluster.bootstrapServers)),
            topics: topics,
            currency: .euro
        )
        let events = (0..<60).map { order($0 % 5, version: Int64($0)) }
        let positions = try await log.append(events, by: nil)
        #expect(positions.count == events.count)
        #expect(Set(positions).count == events.count)
        for number in 0..<5 {
            let ofRecord = stride(from: number, to: 60, by: 5).map { positions[$0] }
            #expect(Set(ofRecord.map(\.partition)).count == 1)
            #expect(ofRecord.map(\.offset) == ofRecord.map(\.offset).sorted())
        }
        await log.close()
    }

    @Test("After an error that ends its producer it goes on with a new one")
    func fatal() async throws {
        let cluster = try MockCluster()
        let topics = TopicNames()
        try cluster.createTopic(topics.orders, partitions: 1)
        let log = EventProducer(
            KafkaBackend(KafkaConfiguration(bootstrapServers: cluster.bootstrapServers)),
            topics: topics,
            currency: .euro
        )
        // OUT_OF_ORDER_SEQUENCE_NUMBER for the first message, which cannot be.
        cluster.pushErrors(requestKey: 0, errors: [45])
        _ = await #expect(throws: LogError.self) { try await log.append([order(1, version: 1)], by: nil) }
        for offset in 0..<2 {
            let positions = try await log.append([order(1, version: 2)], by: nil)
            #expect(positions.map(\.offset) == [Int64(offset)])
        }
        await log.close()
    }
}
