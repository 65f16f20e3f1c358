import ArgumentParser
import Events
import Ledger
import Log
import Redis
import SalesRules
import Samples
import Simulation

/// Runs one part of the worker's way from a record to a transaction again and again, in one thread, so that a tool can
/// count its instructions.
@main
struct Parts: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parts",
        abstract: "Runs one part of the way of an order through the worker again and again.",
        discussion: """
            To count instructions, run it under a tool that counts them, with two numbers of rounds, and take the difference:
              valgrind --tool=callgrind .build/release/parts decode --rounds 6
            """
    )

    /// The parts, in the order in which an order goes through them.
    enum Part: String, CaseIterable, ExpressibleByArgument {
        /// From the bytes of a record to an event.
        case decode
        /// Adding events to a batch, and the commands that read what it needs.
        case read
        /// From the replies to entries.
        case snapshot
        /// From the entries and the changes to the differences.
        case derive
        /// The differences as commands.
        case transaction
    }

    @Argument(help: "The part: \(Part.allCases.map(\.rawValue).joined(separator: ", ")).")
    var part: Part

    @Option(help: "How often each batch goes through the part.")
    var rounds = 1

    @Option(help: "The number of records in a batch.")
    var batchSize = 250

    func run() throws {
        let batches = try Self.batches(count: 8, size: batchSize)
        for _ in 0..<rounds {
            for batch in batches { try run(batch) }
        }
    }

    private func run(_ batch: Batch) throws {
        switch part {
        case .decode: for record in batch.records { _ = try Batch.decoder.decode(record, topic: .orders) }
        case .read:
            var pipeline = RedisPipeline()
            batch.orders.reads(Batch.settings).append(to: &pipeline)
        case .snapshot: _ = try batch.reads.snapshot(from: batch.replies)
        case .derive: _ = try batch.posting()
        case .transaction: _ = batch.derived.transaction()
        }
    }

    /// Batches of new and re-saved orders, of which each is posted before the next one is read.
    private static func batches(count: Int, size: Int) throws -> [Batch] {
        var redis = SimulatedRedis()
        let connection = redis.connect()
        let view = RedisCommand("SET", Batch.settings.keys.view(shard: 0), Batch.view.description)
        _ = try redis.run(RedisPipeline(view), on: connection)
        let company = SampleCompany(tenant: Identifier("default")!, year: 2026, people: 200)
        var random = SeededGenerator(seed: 1)
        var batches: [Batch] = []
        for number in 0..<count {
            let events = (0..<size).map { place in
                // Every fifth order is one of the batch before, saved again, so that its entry is read.
                let order = place % 5 == 4 && number > 0 ? (number - 1) * size + place - 4 : number * size + place
                return company.order(order, version: Int64(number * size + place), using: &random)
            }
            let batch = try Batch(events, from: Int64(number * size)) { try redis.run($0, on: connection) }
            _ = try redis.run(batch.derived.transaction(), on: connection)
            batches.append(batch)
        }
        return batches
    }
}

/// A batch of records, and what it becomes on its way.
private struct Batch {
    static let settings = LedgerSettings(rules: Rules())
    static let decoder = EventDecoder(try! EventSettings(currency: .euro))
    static let view = ViewStamp(runId: String(repeating: "f", count: 40), evictedKeys: 0)
    private static let partition = TopicPartition(topic: "sales.orders", partition: 0)

    let records: [LogRecord]
    let orders: OrderBatch
    let reads: OrderReads
    let replies: RedisReplies
    private(set) var derived: Posting!

    init(_ events: [Event], from start: Int64, _ run: (RedisPipeline) throws -> [RedisValue]) throws {
        let encoder = EventEncoder(currency: .euro)
        records = events.enumerated().map { place, event in
            let (_, key, value) = encoder.encode(event)
            let offset = start + Int64(place)
            return CopiedRecord(Self.partition, offset: offset, key: key, value: value, timestamp: 0)
        }
        orders = OrderBatch(shard: 0)
        for record in records {
            let event = try Self.decoder.decode(record, topic: .orders)
            guard case .order(let id, let change) = event.change else { continue }
            orders.append(
                change,
                to: TenantScoped(tenant: event.tenant, id: id),
                range: 0,
                offset: record.offset,
                source: ChangeSource(.event, record: record)
            )
        }
        let next = start + Int64(events.count)
        let end = Cursor(next: next, last: Fingerprint(offset: next - 1, checksum: 0))
        orders.ranges = [OffsetRange(partition: Self.partition, start: start, end: end)]
        reads = orders.reads(Self.settings)
        var pipeline = RedisPipeline()
        reads.append(to: &pipeline)
        replies = RedisReplies(try run(pipeline))
        derived = try posting()
    }

    func posting() throws -> Posting {
        let snapshot = try reads.snapshot(from: replies)
        let derivation = try orders.derive(
            from: snapshot,
            catalogs: Catalogs(view: Self.view),
            settings: Self.settings
        )
        guard case .post(let posting, _) = derivation else { throw CleanExit.message("a batch could not be derived") }
        return posting
    }
}
