internal import CKafka
internal import Concurrency
public import Log

extension KafkaConsumer {
    /// What must be repaired before the next poll.
    struct Repair {
        /// The partitions to read, or their offsets, have changed.
        var needsAssign = false
        /// The connection was lost: compare every log again.
        var needsCheck = false
        /// Partitions whose offset the broker does not have.
        var outOfRange: Set<TopicPartition> = []
        /// The earliest time to ask for their watermarks.
        var askAt = ContinuousClock.now

        var isNeeded: Bool { needsAssign || needsCheck || !outOfRange.isEmpty }
    }

    /// Waits for the next event. Events of one partition keep their order.
    ///
    /// - Parameter timeoutMilliseconds: how long to wait. A partition that is out of range may add a second, for asking
    ///   its broker.
    /// - Returns: nil if nothing happened.
    /// - Throws: an error of the broker about a topic or the group. Polling may continue unless `isFatal`.
    public func poll(timeoutMilliseconds: Int32) throws(LogError) -> ConsumerEvent? {
        let client = try open()
        if !events.isEmpty { return events.removeFirst() }
        if repair.isNeeded { try carryOutRepairs() }
        if !events.isEmpty { return events.removeFirst() }
        var remaining = timeoutMilliseconds
        // Set only after a message that gives no event: reading the clock costs as much as a record.
        var deadline: ContinuousClock.Instant?
        repeat {
            // The caller owns the message: `take` or `takeError` takes ownership and destroys it.
            guard let message = rd_kafka_consumer_poll(client.pointer, remaining) else {
                takeSignals()
                return events.isEmpty ? nil : events.removeFirst()
            }
            if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                if let event = take(message) { return event }
            } else if let event = try takeError(message) {
                return event
            }
            if repair.isNeeded { try carryOutRepairs() }
            if !events.isEmpty { return events.removeFirst() }
            let end = deadline ?? .now + .milliseconds(timeoutMilliseconds)
            deadline = end
            remaining = end.millisecondsLeft
        } while remaining > 0
        return nil
    }

    private func take(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> ConsumerEvent? {
        guard let partition = partition(of: message) else {
            rd_kafka_message_destroy(message)
            return nil
        }
        let record = KafkaRecord(consuming: message, origin: partition.origin)
        let broker = record.broker
        if broker != partition.broker {
            let hasMoved = partition.broker != nil
            partition.broker = broker
            // A new leader may lack the last records of the old one.
            if hasMoved, partition.check.phase == .reading {
                partition.checkAgain()
                repair.needsAssign = true
                return nil
            }
        }
        let verdict = partition.check.read(offset: record.offset, timestamp: record.timestamp) { record.fingerprint }
        switch verdict {
        case .deliver:
            partition.delivered(record)
            return .record(record)
        case .skip: return nil
        case .again:
            repair.needsAssign = true
            return nil
        case .stop(let fault): return stopped(partition, fault)
        }
    }

    private func takeError(_ message: UnsafeMutablePointer<rd_kafka_message_t>) throws(LogError) -> ConsumerEvent? {
        defer { rd_kafka_message_destroy(message) }
        let code = message.pointee.err
        let partition = message.pointee.rkt == nil ? nil : partition(of: message)
        switch (code, partition) {
        case (RD_KAFKA_RESP_ERR__PARTITION_EOF, let partition?):
            let end = message.pointee.offset
            switch partition.check.reachedEnd(at: end) {
            case .deliver:
                partition.releaseBuffer()
                return .caughtUp(partition.origin.topicPartition, next: end)
            case .skip: return nil
            case .again:
                repair.needsAssign = true
                return nil
            case .stop(let fault): return stopped(partition, fault)
            }
        case (RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, let partition?):
            partition.check.offsetOutOfRange()
            repair.outOfRange.insert(partition.origin.topicPartition)
            return nil
        case (RD_KAFKA_RESP_ERR__PARTITION_EOF, nil), (RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, nil):
            return nil
        default: break
        }
        if let fatal = LogError.fatal(of: try open().pointer) { return .failed(fatal) }
        let error = LogError(
            code,
            // The text belongs to the message.
            reason: rd_kafka_message_errstr(message).map { String(cString: $0) },
            topicPartition: partition?.origin.topicPartition,
            subject: message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) }
        )
        if code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC {
            // A later topic of this name is not the log that was read.
            repair.needsCheck = true
        }
        // librdkafka itself joins the group again after a poll that came too late.
        if error.isRetriable || code == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED { return .disconnected(error) }
        throw error
    }

    private func stopped(_ partition: AssignedPartition, _ fault: LogFault) -> ConsumerEvent {
        repair.needsAssign = true
        return .stopped(partition.origin.topicPartition, fault)
    }

    private func takeSignals() {
        for signal in callbacks.take() {
            switch signal {
            case .assigned(let partitions): events.append(.assigned(partitions))
            case .revoked(let partitions, let lost):
                forgetPartitions()
                events.append(.revoked(partitions, lost: lost))
            case .error(let error) where error.isFatal: events.append(.failed(error))
            case .error(let error):
                let code = rd_kafka_resp_err_t(error.code)
                if code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__TRANSPORT {
                    repair.needsCheck = true
                }
                // There may be one for each broker: the latest is enough.
                if case .disconnected = events.last { events.removeLast() }
                events.append(.disconnected(error))
            }
        }
    }

    private func carryOutRepairs() throws(LogError) {
        if repair.needsCheck {
            for partition in partitions.values { partition.checkAgain() }
            repair.needsCheck = false
            repair.needsAssign = !partitions.isEmpty
        }
        if !repair.outOfRange.isEmpty, repair.askAt <= .now {
            try askWatermarks()
        }
        if repair.needsAssign {
            repair.needsAssign = false
            try assignToClient()
        }
    }

    private func askWatermarks() throws(LogError) {
        // Limits how often brokers are asked.
        repair.askAt = .now + .milliseconds(500)
        for name in repair.outOfRange.sorted() {
            guard let partition = partitions[name] else {
                repair.outOfRange.remove(name)
                continue
            }
            do throws(LogError) {
                let watermarks = try watermarks(of: name, timeoutMilliseconds: 1_000)
                repair.outOfRange.remove(name)
                repair.needsAssign = true
                if let fault = partition.check.watermarks(watermarks) { events.append(.stopped(name, fault)) }
            } catch  where error.isRetriable {
                events.append(.disconnected(error))
                return
            }
        }
    }

    private func partition(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> AssignedPartition? {
        guard let topic = message.pointee.rkt else { return nil }
        let name = NativePartition(topic: topic, partition: message.pointee.partition)
        if let latest, latest.name == name { return latest.partition }
        let found: AssignedPartition
        if let known = partitionsByNativeName[name] {
            found = known
        } else {
            let topicPartition = TopicPartition(
                topic: String(cString: rd_kafka_topic_name(topic)),
                partition: message.pointee.partition
            )
            guard let assigned = partitions[topicPartition] else { return nil }
            partitionsByNativeName[name] = assigned
            found = assigned
        }
        latest = (name, found)
        return found
    }
}
