internal import Ledger
package import Log

/// What a rebuild will do, found out before anything is touched.
package struct RebuildPlan: Sendable {
    /// The database that is read, and that the new view comes into.
    package let place: Int
    /// The database that the new view is built in.
    package let beside: Int
    /// What an interrupted rebuild with the same settings left there is gone on with.
    package let resumes: Bool
    /// The settings that the present numbers were made with; nil where there are none.
    package let kept: String?
    /// The shards that the present view has.
    let heldShards: Int
    /// Up to where the new view is built: as far as the present one is, or to the end of the log where it is nowhere.
    package let ends: [TopicPartition: Int64]
    /// Up to where it is already.
    package let starts: [TopicPartition: Int64]
    /// The offset of each partition's first record.
    let lows: [TopicPartition: Int64]
    /// From where on what cannot be applied is put aside: before that it was already.
    let deadLettersFrom: [TopicPartition: Int64]
    /// How many keys the present view has.
    package let keys: Int

    /// Records to be applied.
    package var records: Int64 {
        ends.reduce(0) { $0 + max(0, $1.value - max(starts[$1.key] ?? 0, lows[$1.key] ?? 0)) }
    }

    /// Partitions whose beginning is deleted and was never applied in the new view.
    var withoutBeginning: [TopicPartition: Int64] {
        lows.filter { partition, low in low > starts[partition] ?? 0 && ends[partition] != nil }
    }
}

/// Why a view cannot be built anew.
package enum RebuildError: Error, CustomStringConvertible {
    case foreignKeys([String])
    case noDatabase
    case beginningDeleted([String])
    case memory(used: Int, maximum: Int)
    case neverCaughtUp

    package var description: String {
        switch self {
        case .foreignKeys(let names):
            "this Redis database holds another program's keys too (\(names.joined(separator: ", "))), which would go with "
                + "the old view: give that program a database of its own"
        case .noDatabase:
            "no database of this Redis is empty, and the new view is built in one: raise `databases` in its configuration, "
                + "or empty one"
        case .beginningDeleted(let partitions):
            "the log no longer holds its beginning (\(partitions.joined(separator: ", "))): what came before would not "
                + "count. Publish the missing events again, and give --accept-deleted when they are in the log"
        case .memory(let used, let maximum):
            "Redis uses \(used >> 20) MB of its maxmemory of \(maximum >> 20) MB, and the new view needs as much again for as "
                + "long as both are there: raise maxmemory"
        case .neverCaughtUp: "the new view did not catch up with the present one; try again when there is less traffic"
        }
    }
}
