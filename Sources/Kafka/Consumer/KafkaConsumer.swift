internal import CKafka
internal import Concurrency
public import Log

/// A consumer, with or without a group. It starts at the given positions and never skips a record that was not read: if
/// a log is no longer the one that was read before, its partition is stopped (``LogFault``).
///
/// Not `Sendable`: only one thread uses it. Its calls block, so that thread must not be in Swift's cooperative pool.
public final class KafkaConsumer: BlockingLogConsumer {
    let callbacks = ConsumerCallbacks()
    private var handle: ClientHandle?
    private let isGroupMember: Bool
    /// The topics whose leaders were asked for.
    private var knownTopics: Set<String> = []
    var partitions: [TopicPartition: AssignedPartition] = [:]
    /// The same partitions, by librdkafka's name for them. An entry is added with the first message of a partition.
    var partitionsByNativeName: [NativePartition: AssignedPartition] = [:]
    /// The partition of the last message: the next message usually has the same one.
    var latest: (name: NativePartition, partition: AssignedPartition)?
    var events: [ConsumerEvent] = []
    var repair = Repair()

    /// - Parameters:
    ///   - group: the consumer group to join; nil to read only the partitions given to `assign`.
    /// - Throws: an error that names the refused property.
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
            defaults: Self.defaults(for: configuration),
            // librdkafka needs a group name for polling. A client that does not subscribe never joins the group.
            forced: Self.forced.merging(["group.id": group ?? "salestargets-no-group"]) { $1 }
        )
        ConsumerCallbacks.install(in: native)
        let handle = try ClientHandle(RD_KAFKA_CONSUMER, native, callbackTarget: callbacks)
        // From now on errors of the client arrive through the same poll as records.
        let code = rd_kafka_poll_set_consumer(handle.pointer)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw LogError(code) }
        self.handle = handle
    }

    deinit { close(timeoutMilliseconds: 5_000) }

    /// Joins the group for these topics; replaces an earlier subscription. `poll` then returns `assigned`.
    public func subscribe(to topics: [String]) throws(LogError) {
        let list = PartitionList(capacity: topics.count)
        for topic in topics { list.add(TopicPartition(topic: topic, partition: RD_KAFKA_PARTITION_UA)) }
        let code = rd_kafka_subscribe(try open().pointer, list.pointer)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw LogError(code, subject: topics.joined(separator: ", "))
        }
    }

    /// Reads these partitions from these positions, in place of the earlier assignment. A position may be before what
    /// was already read.
    public func assign(_ starts: [TopicPartition: StartPosition]) throws(LogError) {
        let handle = try open()
        repair = Repair()
        partitions = Dictionary(
            uniqueKeysWithValues: starts.map { partition, start in
                (partition, AssignedPartition(RecordOrigin(partition, client: handle), start: start))
            }
        )
        // A leader that librdkafka does not know at the assignment is asked for up to a second later.
        let newTopics = Set(starts.keys.map(\.topic)).subtracting(knownTopics)
        if !newTopics.isEmpty, handle.connect(topics: newTopics, timeoutMilliseconds: 1_000) {
            knownTopics.formUnion(newTopics)
        }
        try assignToClient()
    }

    /// Stops reading and gives the partitions back to the group.
    public func unassign() throws(LogError) {
        let handle = try open()
        forgetPartitions()
        try handle.unassign()
    }

    /// Delivers no more records of this partition until it is assigned again. It stays with this member of the group.
    public func stop(_ partition: TopicPartition) {
        guard let assigned = partitions[partition] else { return }
        assigned.check.stop()
        repair.needsAssign = true
    }

    /// Commits offsets to the group, for tools that show lag. Reading never starts from them.
    ///
    /// Does not wait and reports no errors: a commit that fails, for example during a rebalance, is replaced by the next.
    /// - Parameter offsets: for each partition the offset after the last applied record.
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

    /// Compares every log with what was read from it before the next record is delivered. Needed because a topic can be
    /// deleted and created again while the connection stays open.
    public func checkLogs() { repair.needsCheck = true }

    /// The cluster's id; nil if the cluster has none or does not answer in time.
    public func clusterId(timeoutMilliseconds: Int32) throws(LogError) -> String? {
        let client = try open()
        if let known = client.clusterId { return known }
        // Waiting for the id would not connect: a client connects when it needs a broker, or after up to a second.
        client.connect(timeoutMilliseconds: timeoutMilliseconds)
        return client.clusterId
    }

    /// Leaves the group and ends the client. Release all records first: a record keeps its client alive.
    ///
    /// librdkafka 2.0.2 may hang while closing. After the deadline the closing continues on its own thread; if it never
    /// ends, the client's memory is not freed.
    public func close(timeoutMilliseconds: Int32) {
        guard let handle else { return }
        self.handle = nil
        forgetPartitions()
        events = []
        callbacks.close()
        // The thread that releases the client last destroys it.
        let closing = ConsumerClosing(handle)
        _ = BlockingThread.finishes("kafka-close", withinMilliseconds: timeoutMilliseconds) { closing.run() }
    }

    /// The client.
    /// - Throws: an error if the consumer is closed.
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

    /// Gives librdkafka the partitions to read and their offsets. Records fetched earlier are dropped before this returns.
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

    private static func defaults(for configuration: KafkaConfiguration) -> [String: String] {
        let largestMessage = configuration.properties["message.max.bytes"].flatMap { Int($0) } ?? 0
        return [
            "partition.assignment.strategy": "range",
            // Bounds the records that are fetched but not yet polled, which is most of the memory when the caller is
            // slow.
            "queued.max.messages.kbytes": "65536",
            // For all partitions together. Above this number librdkafka fetches nothing, and may check again only a
            // second later. The queue must last for that second.
            "queued.min.messages": "50000",
            // What one answer of a broker adds to the queue, compressed. librdkafka refuses less than the largest message.
            "fetch.max.bytes": "\(max(2_097_152, largestMessage))",
        ]
    }

    private static let forced = [
        "enable.auto.commit": "false",
        "enable.auto.offset.store": "false",
        "auto.offset.reset": "error",
        "enable.partition.eof": "true",
        // Records of transactions that were aborted are no events.
        "isolation.level": "read_committed",
    ]
}
