/// Up to where a partition of the log is applied: kept in Redis and moved by the posting that applies it, so that the
/// two never disagree.
package struct Cursor: Hashable, Sendable, CustomStringConvertible {
    /// Where reading goes on: behind the last record read, and whatever is no record after it.
    package var next: Int64
    /// The offset of the last record applied, and its checksum; read again to see whether the log is still the same.
    package var last: Fingerprint

    /// Offset and CRC-32 of key, value and timestamp of one record.
    package struct Fingerprint: Hashable, Sendable {
        /// The record's offset.
        package let offset: Int64
        /// CRC-32 of its key, value and timestamp.
        package let checksum: UInt32

        /// The fingerprint of a record.
        package init(offset: Int64, checksum: UInt32) {
            self.offset = offset
            self.checksum = checksum
        }
    }

    /// A cursor behind the record of this fingerprint.
    package init(next: Int64, last: Fingerprint) {
        self.next = next
        self.last = last
    }

    /// `<next> <last offset> <checksum>`, for people with redis-cli too.
    package var description: String { "\(next) \(last.offset) \(last.checksum)" }

    /// Reads ``description``.
    /// - Throws: ``CorruptRecord``.
    package init(parsing bytes: [UInt8]) throws(CorruptRecord) {
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard parts.count == 3, let next = Int64(parts[0]), let offset = Int64(parts[1]),
            let checksum = UInt32(parts[2]),
            offset >= 0, next > offset
        else { throw CorruptRecord(reason: "a cursor is not one") }
        self.init(next: next, last: Fingerprint(offset: offset, checksum: checksum))
    }
}
