internal import Kafka
internal import Ledger

/// Looks whether the log still is the one that was read, as a lane does before it reads on.
enum LogCheck {
    /// What is wrong with which partition, a sentence each that names it. Blocks, ten seconds at most.
    static func faults(
        of cursors: [LogPartition: Cursor],
        in partitions: some Sequence<LogPartition>,
        _ kafka: KafkaConfiguration
    ) throws -> [LogPartition: String] {
        let starts = partitions.reduce(into: [TopicPartition: StartPosition]()) { starts, partition in
            guard let cursor = cursors[partition] else { return }
            starts[TopicPartition(topic: partition.topic, partition: partition.partition)] = StartPosition(
                next: cursor.next,
                lastApplied: Fingerprint(offset: cursor.last.offset, checksum: cursor.last.checksum)
            )
        }
        if starts.isEmpty { return [:] }
        let consumer = try KafkaConsumer(kafka, group: nil)
        defer { consumer.close(timeoutMilliseconds: 5_000) }
        try consumer.assign(starts)
        var open = Set(starts.keys)
        var faults: [TopicPartition: String] = [:]
        let deadline = ContinuousClock.now + .seconds(10)
        while !open.isEmpty, .now < deadline {
            switch try consumer.poll(timeoutMilliseconds: 100) {
            // What is delivered comes after the comparison.
            case .record(let record):
                if open.remove(record.topicPartition) != nil { consumer.stop(record.topicPartition) }
            case .caughtUp(let partition, _): open.remove(partition)
            case .halted(let partition, let fault):
                open.remove(partition)
                faults[partition] = sentence(partition, fault)
            case .failed(let error): throw error
            case .assigned, .revoked, .disconnected, nil: continue
            }
        }
        for partition in open {
            faults[partition] = "\(partition) could not be compared with what was read: no answer in ten seconds"
        }
        return faults.reduce(into: [:]) { faults, fault in
            faults[LogPartition(topic: fault.key.topic, partition: fault.key.partition)] = fault.value
        }
    }

    private static func sentence(_ partition: TopicPartition, _ fault: LogFault) -> String {
        switch fault {
        case .beginningDeleted(let next, let low):
            "\(partition) begins at \(low) and \(low - next) events before that were never applied: retention deleted "
                + "them; publish them again and run `salestargets rebuild`"
        case .beyondEnd(let next, let high):
            "\(partition) ends at \(high) and was read up to \(next): its log is another one than was read; give the "
                + "right cluster and topics, or run `salestargets rebuild`"
        case .replaced(let offset):
            "\(partition) has another record at \(offset) than was applied: its log is another one than was read; give "
                + "the right cluster and topics, or run `salestargets rebuild`"
        }
    }
}
