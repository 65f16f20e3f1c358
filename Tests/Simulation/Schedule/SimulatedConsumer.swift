import Kafka
import Ledger
import Log
import Model
import Worker

// Unchecked for the same reason as its world.
/// A member of the simulated group, through which a lane reads the simulated log. Where it begins to
/// read, it compares the log by the same code as the real consumer.
final class SimulatedConsumer: LogConsumer, @unchecked Sendable {
    private unowned let world: World
    private let worker: Int
    /// Events of the group that were not polled yet.
    private var inbox: [ConsumerEvent] = []
    private var checks: [TopicPartition: PartitionCheck] = [:]
    private var order: [TopicPartition] = []
    /// The partition ends that were reported.
    private var ends: [TopicPartition: Int64] = [:]
    /// The offsets after the last record that was delivered, and after the last one that was applied.
    private var delivered: [TopicPartition: Int64] = [:]
    private var applied: [TopicPartition: Int64] = [:]

    init(_ world: World, worker: Int) {
        self.world = world
        self.worker = worker
    }

    /// How many offsets were delivered and are not applied yet.
    var unapplied: Int64 { delivered.reduce(0) { $0 + $1.value - (applied[$1.key] ?? $1.value) } }

    /// Revokes the partitions of the member and assigns these.
    func give(_ partitions: [TopicPartition]) {
        inbox.append(.revoked([], lost: false))
        inbox.append(
            .assigned(partitions)
        )
    }

    func subscribe(to topics: [String]) {}

    nonisolated(nonsending) func poll(timeoutMilliseconds: Int32) async -> ConsumerEvent? {
        if timeoutMilliseconds > 0 { await world.waitForTurn(of: worker) }
        if !inbox.isEmpty, timeoutMilliseconds > 0 || world.random.chance(300) {
            let event = inbox.removeFirst()
            if case .revoked = event { checks = [:] }
            return event
        }
        // Records in the log may not have arrived yet.
        if world.random.chance(250) { return nil }
        return read()
    }

    private func read() -> ConsumerEvent? {
        if order.isEmpty { return nil }
        let first = Int.random(in: 0..<order.count, using: &world.random)
        for step in 0..<order.count {
            if let event = read(order[(first + step) % order.count]) { return event }
        }
        return nil
    }

    private func read(_ partition: TopicPartition) -> ConsumerEvent? {
        guard var check = checks[partition] else { return nil }
        defer { checks[partition] = check }
        while check.phase != .stopped, let record = world.log.record(of: partition, from: check.fetchOffset ?? 0) {
            let verdict = check.read(offset: record.offset, timestamp: record.timestamp) { record.fingerprint }
            switch verdict {
            case .deliver:
                delivered[partition] = record.offset + 1
                return .record(record)
            case .skip, .again: continue
            case .stop(let fault): return .stopped(partition, fault)
            }
        }
        let end = world.log.end(of: partition)
        if ends[partition] == end { return nil }
        ends[partition] = end
        switch check.reachedEnd(at: end) {
        case .deliver: return .caughtUp(partition, next: end)
        case .skip, .again: return nil
        case .stop(let fault): return .stopped(partition, fault)
        }
    }

    func assign(_ starts: [TopicPartition: StartPosition]) {
        checks = starts.mapValues { PartitionCheck($0) }
        ends = [:]
        order = checks.keys.sorted()
        delivered = starts.mapValues { $0.next ?? 0 }
        applied = delivered
    }

    func unassign() { assign([:]) }
    func commit(_ offsets: [TopicPartition: Int64]) { applied.merge(offsets) { $1 } }
    func checkLogs() {}
    func clusterId(timeoutMilliseconds: Int32) -> String? { "simulated" }
    func close(timeoutMilliseconds: Int32) {}
}
