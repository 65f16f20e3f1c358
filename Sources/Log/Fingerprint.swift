/// Proves that a log is the one that was read: the offset of one record and a checksum of its content.
///
/// An offset alone proves nothing. After a log was truncated or its topic was created again, new records get the same
/// offsets, and a consumer would skip them without an error.
public struct Fingerprint: Hashable, Sendable {
    /// The record's offset.
    public let offset: Int64
    /// CRC-32 (as zlib's) of key, value and timestamp; see `init(offset:key:value:timestamp:)`.
    public let checksum: UInt32

    /// A fingerprint that was computed before.
    public init(offset: Int64, checksum: UInt32) {
        self.offset = offset
        self.checksum = checksum
    }

    /// Computes the fingerprint of a record.
    ///
    /// The checksum covers, in this order: the key's length as a little-endian Int64 (-1 for null), the key, the same
    /// for the value, and the timestamp in milliseconds as a little-endian Int64. Fingerprints are stored in Redis, so
    /// this must never change.
    public init(
        offset: Int64,
        key: UnsafeBufferPointer<UInt8>?,
        value: UnsafeBufferPointer<UInt8>?,
        timestamp: Int64
    ) {
        var crc = CRC32()
        for part in [key, value] {
            crc.update(Int64(part?.count ?? -1))
            if let part { crc.update(UnsafeRawBufferPointer(part)) }
        }
        crc.update(timestamp)
        self.init(offset: offset, checksum: crc.checksum)
    }
}

extension CRC32 {
    fileprivate mutating func update(_ number: Int64) {
        withUnsafeBytes(of: number.littleEndian) { update($0) }
    }
}
