internal import Ledger
internal import Log

/// Checks whether the log is still the one that was read, as a lane does before it continues to read.
enum LogCheck {
    /// One sentence for each partition that has a problem. Blocks for about ten seconds at most.
    static func faults(of cursors: [TopicPartition: Cursor], in log: any LogBackend) throws -> [TopicPartition: String]
    {
        if cursors.isEmpty { return [:] }
        let consumer = try log.consumer(group: nil, member: 0)
        defer { consumer.close(timeoutMilliseconds: 5_000) }
        try consumer.assign(cursors.mapValues { .after($0) })
        var open = Set(cursors.keys)
        var faults: [TopicPartition: String] = [:]
        let deadline = ContinuousClock.now + .seconds(10)
        while !open.isEmpty, .now < deadline {
            switch try consumer.poll(timeoutMilliseconds: 100) {
            // The consumer delivers a record only after the comparison.
            case .record(let record):
                if open.remove(record.topicPartition) != nil { consumer.stop(record.topicPartition) }
            case .caughtUp(let partition, _): open.remove(partition)
            case .stopped(let partition, let fault):
                open.remove(partition)
                faults[partition] = LogStopped(partition: partition, fault: fault).description
            case .failed(let error): throw error
            case .assigned, .revoked, .disconnected, nil: continue
            }
        }
        for partition in open {
            faults[partition] =
                "\(partition) could not be compared with its cursor, because the broker did not answer within ten "
                + "seconds: check that the Kafka brokers run"
        }
        return faults
    }
}
