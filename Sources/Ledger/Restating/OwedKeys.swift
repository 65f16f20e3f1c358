internal import Log
internal import Redis

/// What one posting changes in the sets of owed keys.
struct OwedKeys {
    private struct Place: Hashable {
        let partition: TopicPartition
        let key: OwedKey
    }

    /// True where the key is owed, false where a restatement was read that gives the state.
    private var places: [Place: Bool] = [:]

    /// Whether a key became owed.
    var hasNew: Bool { places.values.contains(true) }

    /// The last record of the key does not give the present state.
    mutating func owe(_ key: OwedKey, in partition: TopicPartition) {
        places[Place(partition: partition, key: key)] = true
    }

    /// A record gives the present state. Only a restatement takes a key out of Redis, because most records are of keys
    /// that are not owed; another record leaves it there, and the state is written once more.
    mutating func settle(_ key: OwedKey, in partition: TopicPartition, isRestated: Bool) {
        let place = Place(partition: partition, key: key)
        places[place] = isRestated ? false : nil
    }

    func append(to pipeline: inout RedisPipeline, keys: KeySpace, shard: Int) {
        for (place, isOwed) in places {
            var command = RedisCommand(isOwed ? "SADD" : "SREM", keys.owed(place.partition, shard: shard))
            command.append(place.key.encoded)
            pipeline.append(command)
        }
    }
}
