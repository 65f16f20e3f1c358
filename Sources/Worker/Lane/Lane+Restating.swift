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
        let encoder = EventEncoder(currency: settings.ledger.rules.currency)
        let asked = owing.intersection(positions.keys)
        owing = []
        var shards: [TopicPartition: [Int]] = [:]
        for shard in 0..<settings.ledger.keys.shards {
            let here = asked.filter { shard == 0 || !settings.topics.catalog.contains($0.topic) }.sorted()
            for partition in try await restatements.areOwed(here, shard: shard, over: links.link(of: shard)) {
                shards[partition, default: []].append(shard)
            }
        }
        for (partition, shards) in shards.sorted(by: { $0.key < $1.key }) {
            owing.insert(partition)
            var records: [ProducerRecord] = []
            for shard in shards {
                for owed in try await restatements.owed(to: partition, shard: shard, over: links.link(of: shard)) {
                    records.append(
                        ProducerRecord(
                            topic: partition.topic,
                            partition: partition.partition,
                            key: owed.key,
                            value: encoder.encode(owed.event).value
                        )
                    )
                }
            }
            if records.isEmpty { continue }
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
}
