/// The log is not the one that was read before, so reading on would lose events unseen.
public enum LogFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The log begins at `low`, and records from `next` on, not yet read, are deleted.
    case beginningDeleted(next: Int64, low: Int64)
    /// The log ends at `high`, before the offset to go on from: it was cut, or the topic was made anew.
    case beyondEnd(next: Int64, high: Int64)
    /// Another record lies where the last applied one lay: the log was cut or made anew, and has grown since.
    case replaced(offset: Int64)

    /// What is wrong, and what to do about it.
    public var description: String {
        switch self {
        case .beginningDeleted(let next, let low):
            """
            the log begins at offset \(low), but records from \(next) on have not been read: retention deleted them \
            first. Raise the topic's retention, publish the missing events again and run `salestargets rebuild`
            """
        case .beyondEnd(let next, let high):
            """
            the log ends at offset \(high), but has been read up to \(next): it was cut, or the topic was made anew. \
            If this is the wrong cluster or topic, correct that; otherwise run `salestargets rebuild`
            """
        case .replaced(let offset):
            """
            the record at offset \(offset) is not the one that was applied: the log was cut or the topic made anew. \
            If this is the wrong cluster or topic, correct that; otherwise run `salestargets rebuild`
            """
        }
    }
}
