internal import CKafka
internal import Concurrency
public import Log

/// A consumer in a group, or of partitions assigned by hand. It starts at the given positions and never skips a record
/// that was not read: a partition whose log is not the one that was read before is stopped (``LogFault``).
///
/// Not `Sendable`: one thread uses it, and not one of Swift's cooperative pool, because its calls block.
public final class KafkaConsumer: BlockingLogConsumer {
    let callbacks = ConsumerCallbacks()
    private var handle: ClientHandle?
    private let isGroupMember: Bool
    var partitions: [TopicPartition: AssignedPartition] = [:]
    /// The same by their names in messages; entries are made at the first message.
    var partitionsByNativeName: [NativePartition: AssignedPartition] = [:]
    /// Where the last message came from: the next one mostly comes from there too.
    var latest: (name: NativePartition, partition: AssignedPartition)?
    var events: [ConsumerEvent] = []
    var repair = Repair()

    /// - Parameters:
    ///   - group: the consumer group to join; nil to read only what `assign` says, without a group.
    /// - Throws: an error naming the property that is refused.
    public init(_ configuration: KafkaConfiguration, group: String?) throws(LogError) {
        isGroupMember = group != nil
        if let strategy = configuration.properties["partition.assignment.strategy"], strategy.contains("cooperative") {
            throw LogError(
                refusedProperty: "partition.assignment.strategy",
                reason: "cooperative rebalancing is broken in librdkafka 2.0.2; use range or roundrobin"
            )
        }
        let native = try NativeConfiguration(
            configuration,
            defaults: Self.defaults,
            // librdkafka lets nobody poll without a group's name; without subscribing, the group is never joined.
            forced: Self.forced.merging(["group.id": group ?? "salestargets-no-group"]) { $1 }
        )
        ConsumerCallbacks.install(in: native)
        let handle = try ClientHandle(RD_KAFKA_CONSUMER, native, callbackTarget: callbacks)
        // Errors of the client arrive by the same poll as records.
        let code = rd_kafka_poll_set_consumer(handle.pointer)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw LogError(code) }
        self.handle = handle
    }

    deinit { close(timeoutMilliseconds: 5_000) }

    /// Joins the group for these topics; replaces an earlier subscription. `assigned` comes by `poll`.
    public func subscribe(to topics: [String]) throws(LogError) {
        let list = PartitionList(capacity: topics.count)
        for topic in topics { list.add(TopicPartition(topic: topic, partition: RD_KAFKA_PARTITION_UA)) }
        let code = rd_kafka_subscribe(try open().pointer, list.pointer)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw LogError(code, subject: topics.joined(separator: ", "))
        }
    }

    /// Reads these partitions from these positions, instead of what was read before. Also the way to go back.
    public func assign(_ starts: [TopicPartition: StartPosition]) throws(LogError) {
        let handle = try open()
        repair = Repair()
        partitions = Dictionary(
            uniqueKeysWithValues: starts.map { partition, start in
                (partition, AssignedPartition(RecordOrigin(partition, client: handle), start: start))
            }
        )
        try assignToClient()
    }

    /// Reads nothing any more, and leaves the partitions to the group.
    public func unassign() throws(LogError) {
        let handle = try open()
        forgetPartitions()
        try handle.unassign()
    }

    /// Delivers nothing more from this partition until it is assigned again; the group still counts it as ours.
    public func stop(_ partition: TopicPartition) {
        guard let assigned = partitions[partition] else { return }
        assigned.check.stop()
        repair.needsAssign = true
    }

    /// Tells the group how far this consumer is, for tools that show lag: reading never starts from it.
    ///
    /// Does not wait, and has no result: what cannot be committed, say during a rebalance, is so the next time.
    /// - Parameter offsets: the offset after the last applied record of each partition.
    public func commit(_ offsets: [TopicPartition: Int64]) {
        guard isGroupMember, let handle, !offsets.isEmpty else { return }
        let list = PartitionList(capacity: offsets.count)
        for (partition, offset) in offsets { list.add(partition, offset: offset) }
        _ = rd_kafka_commit(handle.pointer, list.pointer, 1)
    }

    /// Asks the broker where the partition begins and ends.
    public func watermarks(
        of partition: TopicPartition,
        timeoutMilliseconds: Int32
    ) throws(LogError) -> Watermarks {
        try open().watermarks(of: partition, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Compares every log with what was read of it, before anything more is delivered. A log can be made anew without
    /// the connection being lost.
    public func checkLogs() { repair.needsCheck = true }

    /// What the cluster calls itself; nil where it does not say, or not in time.
    public func clusterId(timeoutMilliseconds: Int32) throws(LogError) -> String? {
        // Ours to free.
        guard let id = rd_kafka_clusterid(try open().pointer, timeoutMilliseconds) else { return nil }
        defer { rd_kafka_mem_free(nil, id) }
        return String(cString: id)
    }

    /// Leaves the group and ends the client. Release all records before: the last one left ends it otherwise.
    ///
    /// librdkafka 2.0.2 may hang in here. What is not done by the deadline goes on on a thread of its own, and the
    /// client's memory is given up.
    public func close(timeoutMilliseconds: Int32) {
        guard let handle else { return }
        self.handle = nil
        forgetPartitions()
        events = []
        callbacks.close()
        // Whichever of the two threads lets go of the client last destroys it.
        let closing = ConsumerClosing(handle)
        _ = BlockingThread.finishes("kafka-close", withinMilliseconds: timeoutMilliseconds) { closing.run() }
    }

    /// The client, if it is not closed.
    func open() throws(LogError) -> ClientHandle {
        guard let handle else { throw LogError(RD_KAFKA_RESP_ERR__DESTROY, reason: "the consumer is closed") }
        return handle
    }

    func forgetPartitions() {
        partitions = [:]
        partitionsByNativeName = [:]
        latest = nil
        repair = Repair()
    }

    /// Gives librdkafka what is to be read now. It drops all that it had fetched before this returns.
    func assignToClient() throws(LogError) {
        partitionsByNativeName = [:]
        latest = nil
        let list = PartitionList(capacity: partitions.count)
        for (name, partition) in partitions {
            partition.broker = nil
            if let offset = partition.fetchOffset { list.add(name, offset: offset) }
        }
        try open().assign(list)
    }

    private static let defaults = [
        "partition.assignment.strategy": "range",
        // What is fetched and not yet polled; this is what holds memory when the caller is behind.
        "queued.max.messages.kbytes": "65536",
        // Of all partitions together: above it nothing is fetched, and librdkafka may look only a second later whether it
        // still is so. It has to last that long.
        "queued.min.messages": "50000",
    ]

    private static let forced = [
        "enable.auto.commit": "false",
        "enable.auto.offset.store": "false",
        "auto.offset.reset": "error",
        "enable.partition.eof": "true",
    ]
}
