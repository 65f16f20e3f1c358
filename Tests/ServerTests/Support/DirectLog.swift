import Ledger
import Log
import Redis
import SalesRules
import Server

/// A log without Kafka. It applies each event to the ledger at once, as a worker does, and moves the cursor.
actor DirectLog: EventLog {
    private let sink: EventSink
    /// The written events, in order.
    private(set) var events: [Event] = []
    /// The person who wrote each event.
    private(set) var people: [Identifier?] = []
    private let appliesEvents: Bool
    /// How many writes must have arrived before the first one is applied.
    private let crowd: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var arrived = 0
    private var latest: Task<Void, any Error>?

    private static let partition = TopicPartition(topic: "written", partition: 0)

    /// - Parameter appliesEvents: false to keep the events without applying them, as when no worker runs.
    init(_ sink: EventSink, appliesEvents: Bool = true, crowd: Int = 1) {
        self.sink = sink
        self.appliesEvents = appliesEvents
        self.crowd = crowd
    }

    func append(_ events: [Event], by person: Identifier?) async throws -> [RecordPosition] {
        await waitForOthers()
        let first = self.events.count
        self.events += events
        people += events.map { _ in person }
        let end = self.events.count
        let before = latest
        // The writes run one after another because the transactions share a connection.
        let task = Task { [sink, appliesEvents] in
            _ = await before?.result
            guard appliesEvents else { return }
            try await sink.apply(events)
            try await sink.move(Self.partition, to: end)
        }
        latest = task
        try await task.value
        return (first..<end).map { RecordPosition(partition: Self.partition, offset: Int64($0)) }
    }

    private func waitForOthers() async {
        arrived += 1
        if arrived < crowd {
            await withCheckedContinuation { waiting.append($0) }
        } else {
            for continuation in waiting { continuation.resume() }
            waiting = []
        }
    }
}

extension EventSink {
    /// Sets a partition's cursor in every shard, so that `next` is the next offset.
    func move(_ partition: TopicPartition, to next: Int) async throws {
        let cursor = Cursor(next: Int64(next), last: .init(offset: Int64(next) - 1, checksum: 0))
        var pipeline = RedisPipeline()
        for shard in 0..<settings.shards {
            pipeline.append(RedisCommand("SET", settings.keys.cursor(partition, shard: shard), cursor.encoded))
        }
        _ = try await connection.send(pipeline)
    }
}
