import Events
import Foundation
import Kafka
import Ledger
import LocalServers
import Log
import Operations
import Redis
import SalesRules
import Synchronization

extension System {
    /// What the operators' commands are told about this system.
    var operations: OperationsSettings {
        get throws {
            OperationsSettings(
                log: KafkaBackend(kafka),
                group: "sales-targets",
                topics: topics,
                redis: try RedisEndpoint(url: redis.url),
                ledger: settings,
                events: try EventSettings(currency: settings.rules.currency)
            )
        }
    }

    /// Runs verify in this process.
    func verify(_ source: Verifier.Source) async throws -> (summary: VerifySummary, differences: [Difference]) {
        let found = FoundDifferences()
        let verifier = try Verifier(
            try operations,
            source: source,
            folder: FileManager.default.temporaryDirectory.path,
            report: { difference in found.list.withLock { $0.append(difference) } },
            progress: { _ in }
        )
        let summary = try await verifier.run()
        return (summary, found.list.withLock { $0 })
    }
}

private final class FoundDifferences: Sendable {
    let list = Mutex<[Difference]>([])
}
