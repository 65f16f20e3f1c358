package import Log

extension Cursor {
    /// The form in Redis, which people can read with redis-cli: `<next> <last offset> <checksum>`.
    package var encoded: String { "\(next) \(last.offset) \(last.checksum)" }

    /// Reads ``encoded``.
    /// - Throws: ``CorruptRecord``.
    package init(parsing bytes: [UInt8]) throws(CorruptRecord) {
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard parts.count == 3, let next = Int64(parts[0]), let offset = Int64(parts[1]),
            let checksum = UInt32(parts[2]),
            offset >= 0, next > offset
        else { throw CorruptRecord(reason: "the cursor is not valid") }
        self.init(next: next, last: Fingerprint(offset: offset, checksum: checksum))
    }
}
