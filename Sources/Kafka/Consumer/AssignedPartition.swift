internal import CKafka
internal import Log

/// A partition that a consumer reads, and how far it has been read.
final class AssignedPartition {
    let origin: RecordOrigin
    var check: PartitionCheck
    /// The id of the broker that sent the last record; nil before the first record.
    var broker: Int32?
    private var last: LastDelivered?

    /// Compared with the log after the connection was lost. Keeping the record costs less than a checksum of every
    /// record, but it keeps the record's fetch buffer in memory.
    private enum LastDelivered {
        case record(LogRecord)
        case fingerprint(Fingerprint)
    }

    init(_ origin: RecordOrigin, start: StartPosition) {
        self.origin = origin
        check = PartitionCheck(start)
    }

    func delivered(_ record: LogRecord) { last = .record(record) }

    /// Keeps the checksum of the last record in place of the record. Called when no record is expected soon.
    func releaseBuffer() {
        if case .record(let record) = last { last = .fingerprint(record.fingerprint) }
    }

    func checkAgain() {
        releaseBuffer()
        guard case .fingerprint(let fingerprint) = last else { return check.checkAgain(last: nil) }
        check.checkAgain(last: fingerprint)
    }

    /// The offset where librdkafka starts to fetch; nil if the partition must not be read.
    var fetchOffset: Int64? {
        switch check.phase {
        case .comparing, .searching, .reading: check.fetchOffset ?? Int64(RD_KAFKA_OFFSET_BEGINNING)
        case .outOfRange, .stopped: nil
        }
    }
}

/// How librdkafka names a partition in a message.
struct NativePartition: Hashable {
    let topic: OpaquePointer
    let partition: Int32
}
