import Events
import Foundation
import Kafka
import Ledger
import Log
import Redis
import TestSupport

/// Waits until everything is applied, after the faults.
struct Settling {
    let testbed: Testbed
    /// The size of each worker's log before the faults, in bytes.
    let logSizes: [UInt64]
    /// Whether the log may have lost records that were applied.
    let isLogCut: Bool

    static let patience = Duration.seconds(60)

    /// - Returns: whether the view had to be rebuilt.
    /// - Throws: ``TestbedFailure`` when something is wrong or is not applied in time.
    func run() async throws -> Bool {
        var sizes = logSizes
        var isRebuilt = false
        var deadline = ProgressDeadline(Self.patience, of: Int64.self)
        var eviction = ContinuousClock.now + .seconds(7)
        let names = Set(testbed.workers.map(\.name))
        while true {
            let problems = await testbed.takeProblems()
            if !problems.isEmpty { throw TestbedFailure(problems.joined(separator: "; ")) }
            let isStopped = zip(testbed.workers, sizes).contains { $0.logged(since: $1).contains(" is stopped: ") }
            // If Redis went back to an older cursor meanwhile, the log may match it again.
            if isStopped, try await !matchesLog() {
                guard isLogCut, !isRebuilt else {
                    throw TestbedFailure("workers stopped partitions again, or the log was not cut")
                }
                try await rebuild()
                isRebuilt = true
                sizes = testbed.workers.map(\.logSize)
                deadline = ProgressDeadline(Self.patience)
                continue
            }
            let backlog = try await testbed.site.backlog(in: testbed.redis.url)
            if backlog.records.isEmpty, backlog.jobs == 0 {
                if !isLogCut { return isRebuilt }
                if try await matchesLog() { return isRebuilt }
            }
            if deadline.hasPassed(backlog.count) {
                let left = backlog.records.sorted { "\($0.key)" < "\($1.key)" }
                    .map { "\($0.key.topic)[\($0.key.partition)] \($0.value)" }.joined(separator: ", ")
                throw TestbedFailure(
                    "for \(Self.patience) nothing was applied; left: \(left.isEmpty ? "nothing" : left); backfill jobs: \(backlog.jobs)"
                )
            }
            if .now > eviction {
                try await testbed.group.evict { !names.contains($0.client) }
                eviction = .now + .seconds(7)
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Rebuilds the view, as an operator does when the log has lost applied records. Workers continue meanwhile.
    private func rebuild() async throws {
        let (code, output) = try await testbed.run(["rebuild", "--yes"], log: "rebuild.log", within: 120)
        if code != 0 { throw TestbedFailure("rebuild ended with \(code):\n\(output)") }
        // The snapshots contain records that are no longer in the log; the one that Redis starts from may do so too.
        testbed.forgetSnapshots()
        guard testbed.configuration == .rdb else { return }
        try await Deadline.wait(60, for: "a snapshot of the view that was rebuilt") {
            // Refused while a snapshot is made, which may be of the view before.
            (try? await testbed.redis.ask(RedisCommand("SAVE"))) != nil
        }
    }

    /// Whether the log has the records of all cursors.
    private func matchesLog() async throws -> Bool {
        let records = try await testbed.site.records(of: testbed.partitions)
        let settings = testbed.site.settings
        for partition in testbed.partitions {
            let isCatalog = testbed.site.topics.catalog.contains(partition.topic)
            for shard in 0..<(isCatalog ? 1 : settings.shards) {
                let name = partition
                let reply = try await testbed.redis.ask(RedisCommand("GET", settings.keys.cursor(name, shard: shard)))
                guard !reply.isNull else { continue }
                let last = try Cursor(parsing: reply.requireBytes()).last
                let found = records[partition]?.first { $0.fingerprint.offset == last.offset }
                if found?.fingerprint.checksum != last.checksum { return false }
            }
        }
        return true
    }
}
