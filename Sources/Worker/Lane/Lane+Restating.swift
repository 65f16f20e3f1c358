internal import Concurrency
internal import Events
internal import Ledger
internal import Log
internal import Logging
internal import SalesRules
internal import Synchronization

// Compaction keeps only the last record of a key. Where that does not give the present state, the lane writes the state
// once more behind it (docs/CONTRACT.md, "Compaction").
extension Lane {
    /// How long a lane waits for its own records before it writes them again.
    static let restatingInterval = Duration.seconds(2)

    /// Writes what is owed to the lane's partitions, and does not wait until it is written: a key stays owed until its
    /// record is read. Call it only when all records that the log has are applied, so that few are outdated.
    func restate(over links: any PostingLinks) async throws {
        guard settings.restates, !stop.isSet, !owing.isEmpty, dependencies.now() >= nextRestating else { return }
        nextRestating = dependencies.now() + Self.restatingInterval
        let restatements = Restatements(settings.ledger)
        let asked = owing.intersection(positions.keys)
        owing = []
        for (partition, shards) in try await owingShards(of: asked, restatements, over: links) {
            owing.insert(partition)
            var owed: [Restatements.Restatement] = []
            for shard in shards {
                owed += try await restatements.owed(to: partition, shard: shard, over: links.link(of: shard))
            }
            if !owed.isEmpty { try write(owed, to: partition) }
        }
    }

    /// The partitions to which records are owed, and in which shards.
    private func owingShards(
        of partitions: Set<TopicPartition>,
        _ restatements: Restatements,
        over links: any PostingLinks
    ) async throws(LedgerError) -> [(key: TopicPartition, value: [Int])] {
        var shards: [TopicPartition: [Int]] = [:]
        for shard in 0..<settings.ledger.keys.shards {
            let here = partitions.filter { shard == 0 || !settings.topics.catalog.contains($0.topic) }.sorted()
            for partition in try await restatements.areOwed(here, shard: shard, over: links.link(of: shard)) {
                shards[partition, default: []].append(shard)
            }
        }
        return shards.sorted { $0.key < $1.key }
    }

    private func write(_ owed: [Restatements.Restatement], to partition: TopicPartition) throws {
        let encoder = EventEncoder(currency: settings.ledger.rules.currency)
        let records = owed.map { owed in
            ProducerRecord(
                topic: partition.topic,
                partition: partition.partition,
                key: owed.key,
                value: encoder.encode(owed.event).value
            )
        }
        do {
            try dependencies.restate(records)
            counters.restatements.add(records.count, ordering: .relaxed)
        } catch let error as LogError {
            logger.warning(
                "states could not be written behind outdated records, trying again",
                metadata: ["partition": "\(partition)", "error": "\(error)"]
            )
        }
    }
}
