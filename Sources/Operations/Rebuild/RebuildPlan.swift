internal import Ledger
package import Log

/// What a rebuild will do. Making the plan changes nothing in Redis.
package struct RebuildPlan: Sendable {
    /// The database that readers use. It has the old view now, and the new one after the swap.
    package let database: Int
    /// The database that the new view is built in.
    package let newDatabase: Int
    /// Whether the rebuild continues an interrupted one with the same settings.
    package let resumes: Bool
    /// The settings of the old view, as text; nil if Redis has none.
    package let storedSettings: String?
    /// The number of shards of the old view.
    let heldShards: Int
    /// The offsets up to which the new view is built: those of the old view, or the end of the log for partitions that
    /// the old view has not applied.
    package let ends: [TopicPartition: Int64]
    /// The offsets up to which the new view is already built.
    package let starts: [TopicPartition: Int64]
    /// The offset of each partition's first record.
    let lows: [TopicPartition: Int64]
    /// The first offset at which a record that cannot be applied is written to the dead-letter topic. Earlier ones were
    /// written when the old view was built.
    let deadLettersFrom: [TopicPartition: Int64]
    /// The number of keys of the old view.
    package let keys: Int

    /// The number of records to apply.
    package var records: Int64 {
        ends.reduce(0) { $0 + max(0, $1.value - max(starts[$1.key] ?? 0, lows[$1.key] ?? 0)) }
    }

    /// Partitions that lost records which the new view has not applied, with their first remaining offset.
    var withoutBeginning: [TopicPartition: Int64] {
        lows.filter { partition, low in low > starts[partition] ?? 0 && ends[partition] != nil }
    }
}

/// Why a rebuild cannot be done.
package enum RebuildError: Error, CustomStringConvertible {
    case foreignKeys([String])
    case noDatabase
    case databaseInUse(Int)
    case sameDatabase
    case beginningDeleted([String])
    case memory(used: Int, maximum: Int)
    case neverCaughtUp

    package var description: String {
        switch self {
        case .foreignKeys(let names):
            "this Redis database also holds keys of another program (\(names.joined(separator: ", "))). The rebuild "
                + "would drop them: move that program to another Redis"
        case .noDatabase:
            "no database of this Redis is empty, and the new view needs one: raise `databases` in the configuration of "
                + "Redis, or empty a database"
        case .databaseInUse(let number):
            "something else has written to database \(number) of this Redis since the rebuild was planned: nothing was "
                + "changed. Run it again"
        case .sameDatabase:
            "two databases of this Redis have the same keys: SELECT has no effect there, as with some proxies. A rebuild "
                + "would drop the view in place: give the address of the Redis itself"
        case .beginningDeleted(let partitions):
            "the log has lost its beginning (\(partitions.joined(separator: ", "))): the deleted events would not count. "
                + "Publish the missing events again, and then give --accept-deleted"
        case .memory(let used, let maximum):
            "Redis uses \(used >> 20) MB of its maxmemory of \(maximum >> 20) MB, and during the rebuild it needs twice as "
                + "much: raise maxmemory"
        case .neverCaughtUp: "the new view did not catch up with the old one: try again when there is less traffic"
        }
    }
}
