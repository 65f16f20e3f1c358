internal import SalesRules

// The form in Redis of a version: its number and its edit, each only where the record's flags announce it.

extension RecordVersion? {
    /// Which parts there are: 1 the number, 2 an edit.
    var fields: UInt8 { (self?.number == nil ? 0 : 1) | (self?.edit ?? 0 > 0 ? 2 : 0) }
}

extension ByteWriter {
    mutating func version(_ version: RecordVersion?) {
        if let number = version?.number { signed(number) }
        if let edit = version?.edit, edit > 0 { unsigned(UInt64(edit)) }
    }
}

extension ByteReader {
    /// - Parameter fields: as in ``Swift/Optional/fields``.
    mutating func version(fields: UInt8) throws(CorruptRecord) -> RecordVersion? {
        let number = fields & 1 == 0 ? nil : try signed()
        if fields & 2 == 0 { return RecordVersion(number: number) }
        guard let edit = Int64(exactly: try unsigned()), edit > 0 else {
            throw CorruptRecord(reason: "the edit of a version is out of bounds")
        }
        return RecordVersion(number: number, edit: edit)
    }
}
