internal import Ledger
internal import Redis

/// Checks what says of which log and of which view the numbers are: the stamps of the view, and the id of the cluster.
struct ViewCheck {
    /// The id of the Kafka cluster; nil if it has none.
    let cluster: String?
    let settings: LedgerSettings

    /// The commands that read the keys.
    var commands: [RedisCommand] {
        let keys = settings.keys
        return [
            RedisCommand("GET", keys.cluster), RedisCommand("EXISTS", keys.revision, keys.settings(shard: 0)),
        ]
            + (0..<keys.shards).map { RedisCommand("GET", keys.view(shard: $0)) }
    }

    /// The differences. A Redis that no worker has written to has none.
    func differences(_ replies: [RedisValue]) -> [Difference] {
        if replies[1] == .integer(0) { return [] }
        let keys = settings.keys
        var differences: [Difference] = []
        if let cluster, let stored = replies[0].string, stored != cluster {
            let problem = "it is \"\(stored)\", but this log is of the cluster \"\(cluster)\""
            differences.append(Difference(.settings, keys.cluster, problem))
        }
        let texts = replies.dropFirst(2).map(\.string)
        let isHeld = texts.contains { $0.map { ViewState($0) } == .held }
        for (shard, text) in texts.enumerated() where !isHeld {
            let key = keys.view(shard: shard)
            guard let text, ViewStamp(text) != nil else {
                let found = text.map { "it is \"\($0)\"" } ?? "it is missing"
                differences.append(Difference(.settings, key, "\(found), which is no stamp of a view: start a worker"))
                continue
            }
            if let first = texts[0], ViewStamp(first) != nil, text != first {
                differences.append(Difference(.settings, key, "it is not the stamp of shard 0: start a worker"))
            }
        }
        return differences
    }
}
