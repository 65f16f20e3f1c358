/// The log of a partition is not the one that was read before. To continue would skip events without an error.
public enum LogFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The log begins at `low`: the records from `next` up to it were deleted before they were read.
    case beginningDeleted(next: Int64, low: Int64)
    /// The log ends at `high`, before the offset to continue from: it was truncated, or the topic was created again.
    case beyondEnd(next: Int64, high: Int64)
    /// The record at the offset of the last applied record is a different one: the log was truncated or created again,
    /// and has grown since.
    case replaced(offset: Int64)

    /// What is wrong; it does not say what to do about it.
    public var description: String {
        switch self {
        case .beginningDeleted(let next, let low):
            "the log begins at offset \(low), but the records from offset \(next) on were not read yet: retention "
                + "deleted \(low - next) of them"
        case .beyondEnd(let next, let high):
            "the log ends at offset \(high), but it was read up to offset \(next): it was truncated, or the topic was "
                + "created again"
        case .replaced(let offset):
            "the record at offset \(offset) is not the one that was applied: the log was truncated, or the topic was "
                + "created again"
        }
    }
}
