internal import CKafka

/// A partition that a consumer reads, and how far it is.
final class AssignedPartition {
    let origin: RecordOrigin
    var check: PartitionCheck
    /// The broker its records come from; nil before the first.
    var broker: Int32?
    private var last: LastDelivered?

    /// Kept to compare with when the connection was lost. The record itself is cheaper than a checksum of each, but it
    /// holds on to the buffer it came in.
    private enum LastDelivered {
        case record(KafkaRecord)
        case fingerprint(Fingerprint)
    }

    init(_ origin: RecordOrigin, start: StartPosition) {
        self.origin = origin
        check = PartitionCheck(start)
    }

    func delivered(_ record: KafkaRecord) { last = .record(record) }

    /// Nothing is coming for now: let the buffer go.
    func rest() {
        if case .record(let record) = last { last = .fingerprint(record.fingerprint) }
    }

    func checkAgain() {
        rest()
        guard case .fingerprint(let fingerprint) = last else { return check.checkAgain(last: nil) }
        check.checkAgain(last: fingerprint)
    }

    /// What to give to librdkafka; nil if it is not to be read.
    var fetchOffset: Int64? {
        switch check.phase {
        case .comparing, .reading: check.fetchOffset ?? Int64(RD_KAFKA_OFFSET_BEGINNING)
        case .outOfRange, .halted: nil
        }
    }
}

/// How librdkafka names a partition in a message.
struct NativePartition: Hashable {
    let topic: OpaquePointer
    let partition: Int32
}
