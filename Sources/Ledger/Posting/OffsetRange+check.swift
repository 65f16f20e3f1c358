internal import Log

extension OffsetRange {
    /// Checks that a batch which read this range goes on where Redis is: that all records before it are applied, and that
    /// those of it which are applied already, by another client, are the same.
    /// - Parameters:
    ///   - cursor: the partition's cursor in Redis; nil where nothing was applied yet.
    ///   - record: the record of the batch at an offset; nil where there is none, or it is not known.
    /// - Throws: ``LedgerError/cursorBehind`` or ``LedgerError/otherRecord(_:offset:)``.
    func check(_ cursor: Cursor?, record: (Int64) -> LogRecord?) throws(LedgerError) {
        if cursor?.next ?? 0 < start { throw .cursorBehind }
        guard let cursor, cursor.next > start else { return }
        var known: Fingerprint?
        if cursor.last.offset == end.last.offset {
            known = end.last
        } else if let record = record(cursor.last.offset) {
            known = record.fingerprint
        }
        if let known, known != cursor.last { throw .otherRecord(partition, offset: cursor.last.offset) }
    }
}
