package import Redis

/// Why the ledger cannot go on as it is.
package enum LedgerError: Error, Sendable, CustomStringConvertible {
    /// What Redis holds was not written by this program, or not by this version.
    case corrupt(CorruptRecord)
    /// The numbers in Redis were made with other settings.
    case otherSettings(kept: String, ours: String)
    /// The numbers in Redis were made from the log of another Kafka cluster.
    case otherCluster(kept: String, ours: String)
    /// A command inside a posting failed, and Redis does not undo the others.
    case partialPosting(String)
    /// Redis refused a posting as a whole; nothing was applied.
    case refused(RedisServerError)
    /// Redis answered something that the command cannot answer.
    case unexpectedReply(String)
    /// The targets changed since they were read: read them again and go on.
    case catalogChanged
    /// Redis is at an earlier point of the log than was read from it: go back to there.
    case cursorBehind
    /// Redis does not hold the view that is remembered: come in anew, through the door.
    case viewChanged
    /// A rebuilt view is about to take this one's place.
    case held
    /// The server is not fit to hold the numbers.
    case unfit(String)
    /// The server is fit, but something has to be finished first.
    case notReady(String)
    case redis(RedisError)

    package var description: String {
        switch self {
        case .corrupt(let record): record.description
        case .otherSettings(let kept, let ours):
            "the numbers in Redis were made with other settings (\(kept)) than this program has (\(ours)): "
                + "start it with those, or run `salestargets rebuild` with the new ones"
        case .otherCluster(let kept, let ours):
            "the numbers in Redis were made from the log of another Kafka cluster (\(kept)) than this one (\(ours)): give "
                + "the right bootstrap servers, or run `salestargets rebuild` to make them anew from this one"
        case .partialPosting(let reason):
            "a posting was applied only in part (\(reason)): a key in Redis is not what this program made it; "
                + "run `salestargets rebuild`"
        case .refused(let error): "Redis refused a posting, nothing was applied: \(error.code) \(error.message)"
        case .unexpectedReply(let what): "Redis gave an unexpected reply to \(what)"
        case .catalogChanged: "the targets changed meanwhile"
        case .cursorBehind: "Redis is at an earlier point of the log than was read from it"
        case .viewChanged: "Redis was restarted, emptied or replaced"
        case .held: "a rebuilt view is about to take the place of this one"
        case .unfit(let reason): reason
        case .notReady(let reason): "Redis is not ready: \(reason)"
        case .redis(let error): "\(error)"
        }
    }

    /// Whether to try again, later or on another connection, can help; if not, a person has to.
    package var isTemporary: Bool {
        switch self {
        case .redis, .catalogChanged, .cursorBehind, .viewChanged, .held, .notReady: true
        case .refused(let error):
            ["LOADING", "BUSY", "OOM", "READONLY", "MASTERDOWN", "TRYAGAIN", "MISCONF"].contains(error.code)
        case .corrupt, .otherSettings, .otherCluster, .partialPosting, .unexpectedReply, .unfit: false
        }
    }
}
