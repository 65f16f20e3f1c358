import Foundation
import Ledger
import Log
import Operations

/// The output of `status`, as text and as JSON.
enum StatusText {
    static func text(_ status: SystemStatus, group: String) -> String {
        func left(_ text: String) -> String { text.padding(toLength: 32, withPad: " ", startingAt: 0) }
        func right(_ value: some CustomStringConvertible) -> String {
            String(repeating: " ", count: max(0, 12 - "\(value)".count)) + "\(value)"
        }
        var lines = [left("topic partition") + right("end") + right("applied") + right("lag") + right("per second")]
        for partition in status.partitions {
            lines.append(
                left("\(partition.name.topic) \(partition.name.partition)") + right(partition.end)
                    + right(partition.applied ?? 0) + right(partition.lag)
                    + right(partition.rate.map { "\(Int($0.rounded()))" } ?? "")
            )
        }
        let rate = status.partitions.reduce(0) { $0 + ($1.rate ?? 0) }
        lines.append("\nlag \(status.lag) records, \(Int(rate.rounded())) applied a second")
        if let members = status.group?.members {
            let names = Dictionary(grouping: members, by: \.host).sorted { $0.key < $1.key }
                .map { "\($0.key) \($0.value.count)" }.joined(separator: ", ")
            let state = status.group.map { $0.state.isEmpty ? "" : ", \($0.state)" } ?? ""
            lines.append("group \(group): \(members.count) members\(names.isEmpty ? "" : " (\(names))")\(state)")
        }
        let redis = status.redis
        let saved = redis.lastSave == 0 ? "there is no snapshot" : "last snapshot \(time(redis.lastSave))"
        let limit = redis.maxMemory == 0 ? "no limit" : "of \(redis.maxMemory / 1_048_576) MiB"
        lines.append(
            "Redis \(redis.version): \(redis.role), \(redis.replicas) replicas, \(redis.usedMemory / 1_048_576) MiB in use, "
                + "\(limit), \(redis.evictionPolicy), append-only file \(redis.hasAppendOnlyFile ? "on" : "off"), "
                + "\(redis.changesSinceSave) changes not in a snapshot, \(saved), run \(redis.runId.prefix(12))"
        )
        lines.append("stored settings: \(status.storedSettings ?? "none yet")")
        if status.counting > 0 {
            lines.append("backfills: earlier orders are still being counted into \(status.counting) shared targets")
        }
        lines += status.notes.map { "note: \($0)" }
        lines += status.problems.map { "PROBLEM: \($0)" }
        return lines.joined(separator: "\n")
    }

    private static func time(_ seconds: Int) -> String {
        seconds == 0 ? "ever" : ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(seconds)))
    }

    static func json(_ status: SystemStatus, group: String) throws -> String {
        let report = Report(
            lag: status.lag,
            partitions: status.partitions.map {
                .init(
                    topic: $0.name.topic,
                    partition: $0.name.partition,
                    begin: $0.low,
                    end: $0.end,
                    applied: $0.applied ?? 0,
                    lag: $0.lag,
                    rate: $0.rate.map { ($0 * 10).rounded() / 10 }
                )
            },
            group: status.group.map { known in
                .init(
                    name: group,
                    state: known.state,
                    members: known.members.map { .init(client: $0.client, host: $0.host) }
                )
            },
            redis: .init(
                version: status.redis.version,
                runId: status.redis.runId,
                role: status.redis.role,
                replicas: status.redis.replicas,
                usedMemory: status.redis.usedMemory,
                maxMemory: status.redis.maxMemory,
                policy: status.redis.evictionPolicy,
                appendOnlyFile: status.redis.hasAppendOnlyFile,
                lastSave: time(status.redis.lastSave),
                changesSinceSave: status.redis.changesSinceSave,
                settings: status.storedSettings,
                catalogRevision: status.catalogRevision,
                countingTargets: status.counting
            ),
            problems: status.problems,
            notes: status.notes
        )
        return try DeadLetterText.json(report)
    }

    private struct Report: Encodable {
        let lag: Int64
        let partitions: [Row]
        let group: Group?
        let redis: Cache
        let problems: [String]
        let notes: [String]

        struct Row: Encodable {
            let topic: String
            let partition: Int32
            let begin: Int64
            let end: Int64
            let applied: Int64
            let lag: Int64
            let rate: Double?
        }

        struct Group: Encodable {
            let name: String
            let state: String
            let members: [Member]

            struct Member: Encodable {
                let client: String
                let host: String
            }
        }

        struct Cache: Encodable {
            let version: String
            let runId: String
            let role: String
            let replicas: Int
            let usedMemory: Int
            let maxMemory: Int
            let policy: String
            let appendOnlyFile: Bool
            let lastSave: String
            let changesSinceSave: Int
            let settings: String?
            let catalogRevision: Int64
            let countingTargets: Int
        }
    }
}
