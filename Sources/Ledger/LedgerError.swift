package import Log
package import Redis

/// Why the ledger cannot be read or written.
package enum LedgerError: Error, Sendable, CustomStringConvertible {
    /// A value in Redis was not written by this program, or by another version of it.
    case corrupt(CorruptRecord)
    /// The numbers in Redis were made with other settings; the text has those that differ.
    case otherSettings(String)
    /// The numbers in Redis were made from the log of another Kafka cluster.
    case otherCluster(stored: String, ours: String)
    /// A command inside a posting failed. Redis does not undo the other commands.
    case partialPosting(String)
    /// The numbers are wrong, for this reason, and the view is marked so (``BrokenView``).
    case broken(String)
    /// Redis refused a command or a whole posting; nothing was applied.
    case refused(RedisServerError)
    /// A reply of Redis has the wrong type or size for its command.
    case unexpectedReply(String)
    /// The targets changed after they were read: read them again and continue.
    case catalogChanged
    /// The targets are being read for the first time, and it takes long.
    case loading(CatalogLoading)
    /// A cursor in Redis is before the records that were read: read again from the cursor.
    case cursorBehind
    /// Another client has applied another record at this offset than the one that was read: the log lost it, and was written
    /// again. Compare the log with the cursors (``PartitionCheck``).
    case otherRecord(TopicPartition, offset: Int64)
    /// Redis holds another view than before: the worker must be admitted again (``Admission``).
    case viewChanged
    /// `rebuild` is replacing this view by a new one.
    case held
    /// This Redis server may not hold the numbers; the text says why and what to do.
    case unfit(String)
    /// This Redis server is a replica. It may become the primary by itself.
    case replica
    /// The server may hold the numbers, but it must finish some work first.
    case notReady(String)
    case redis(RedisError)

    package var description: String {
        switch self {
        case .corrupt(let record): record.description
        case .otherSettings(let differences):
            "the numbers in Redis were made with other settings than those of this program (\(differences)): start it "
                + "with the settings in Redis, or run `salestargets rebuild` with the new settings"
        case .otherCluster(let stored, let ours):
            "the numbers in Redis were made from the log of another Kafka cluster (\(stored)) than this one (\(ours)): "
                + "correct --kafka-bootstrap-servers, or run `salestargets rebuild` to use the log of this cluster"
        case .partialPosting(let reason):
            "a posting was applied only in part (\(reason)): something else changed a key in Redis; find it, then "
                + "run `salestargets rebuild`"
        case .broken(let reason):
            "the numbers in Redis are wrong, and are not used: \(reason). Correct the cause, then run `salestargets rebuild`"
        case .refused(let error) where error.code == "NOPERM":
            "Redis refused a command, and nothing was applied: \(error); the user of --redis-url (`default` if it names none) "
                + "needs all commands, the keys {s*}:* and the channels {s*}:changes, as ACL SETUSER <user> +@all ~{s*}:* "
                + "&{s*}:changes gives them"
        case .refused(let error):
            "Redis refused a command, and nothing was applied: \(error)" + (error.remedy.map { "; \($0)" } ?? "")
        case .unexpectedReply(let what):
            "Redis gave an unexpected reply to \(what): check that --redis-url is the address of a Redis or Valkey server"
        case .catalogChanged: "the targets changed while they were used"
        case .loading(let loading):
            "the targets are being loaded (\(loading.read) of \(loading.count)): it takes a moment after a start"
        case .cursorBehind: "a cursor in Redis is before the records that were read"
        case .otherRecord(let partition, let offset):
            "the record of \(partition) at offset \(offset) is not the one that another worker has applied"
        case .viewChanged: "Redis was restarted, emptied or replaced"
        case .held: "`salestargets rebuild` is replacing the numbers in Redis"
        case .unfit(let reason): reason
        case .replica: RedisInfo.replicaReason
        case .notReady(let reason): "Redis is not ready: \(reason)"
        case .redis(let error): "\(error)"
        }
    }

    /// Whether it can help to try again, later or on another connection. If not, an operator must act.
    package var isTemporary: Bool {
        switch self {
        case .catalogChanged, .loading, .cursorBehind, .otherRecord, .viewChanged, .held, .notReady: true
        case .redis(let error): !error.needsPerson
        case .refused(let error): error.isTransient
        case .corrupt, .otherSettings, .otherCluster, .partialPosting, .broken, .unexpectedReply, .unfit, .replica:
            false
        }
    }

    /// Whether no connection to Redis could be opened, or it ended. Nothing is known about the numbers then.
    package var isOfConnection: Bool { if case .redis = self { true } else { false } }

    /// Whether no waiting and no restart mends it: a person has to look at it.
    package var needsPerson: Bool {
        if case .replica = self { return false }
        return !isTemporary
    }
}
