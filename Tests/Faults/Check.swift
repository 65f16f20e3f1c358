import Foundation
import Ledger
import LedgerComparison
import Model
import Redis
import SalesRules
import TestSupport

/// Compares everything that the program shows with the model's result for the log.
struct Check {
    let testbed: Testbed
    let history: History
    let model: SalesModel

    /// The differences, one line each.
    func differences() async throws -> [String] {
        try await comparison() + verify() + server()
    }

    private func comparison() async throws -> [String] {
        let client = RedisClient(try RedisEndpoint(url: testbed.redis.url))
        let reader = LedgerReader(link: client, settings: testbed.site.settings)
        let differences = try await Comparison.differences(reader, model, history)
        await client.shutdown()
        return differences.map { "model: \($0)" }
    }

    private func verify() async throws -> [String] {
        let (code, output) = try await testbed.run(["verify"], log: "verify.log", within: 120)
        if code == 0 { return [] }
        return ["verify ended with \(code):"] + output.split(whereSeparator: \.isNewline).map { "verify: \($0)" }
    }

    private func server() async throws -> [String] {
        var differences: [String] = []
        for tenant in History.tenants { differences += try await server(tenant) }
        return differences.map { "server: \($0)" }
    }

    private func server(_ tenant: Identifier) async throws -> [String] {
        let targets = try await shownTargets(of: tenant)
        let figures = model.figures(of: tenant)
        let ids = targets.compactMap { $0["id"] as? String }
        if ids != figures.targets.map(\.id.rawValue) { return ["\(tenant): the targets differ: \(ids)"] }
        var differences: [String] = []
        for (shown, target) in zip(targets, figures.targets) {
            let result = figures.result(of: target)
            let realized =
                target.measure == .revenue
                ? Money.text(result.revenue, in: testbed.site.settings.rules.currency) : "\(result.orders)"
            let orders = Int64(shown["orders"] as? Int ?? -1)
            if shown["realized"] as? String != realized || orders != result.orders {
                differences.append(
                    "\(tenant)/\(target.id): \(shown["realized"] ?? "nothing") of \(orders) orders, "
                        + "not \(realized) of \(result.orders)"
                )
            }
        }
        return differences
    }

    /// Retries while the server answers 503, because it may still be reconnecting to Redis.
    private func shownTargets(of tenant: Identifier) async throws -> [[String: Any]] {
        guard let client = testbed.client else { throw TestbedFailure("there is no server") }
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let answer = try await client.ask("GET", "targets?limit=1000", tenant: tenant)
            if answer.status == 200 { return answer.json["targets"] as? [[String: Any]] ?? [] }
            guard answer.status == 503, .now < deadline else {
                throw TestbedFailure("the server answers \(answer.status): \(answer.json)")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
