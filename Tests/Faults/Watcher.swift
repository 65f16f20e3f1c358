import Foundation
import Model
import TestSupport

/// A viewer who goes on asking while things go wrong: the answer is there or is said not to be, and never late.
struct Watcher {
    let testbed: Testbed

    /// In seconds.
    private static let longest = 15.0

    /// - Returns: what was answered and should not be.
    func watch(until isOver: Ending) async throws -> [String] {
        var problems: [String] = []
        while !isOver.isSet, problems.isEmpty {
            let start = ContinuousClock.now
            do {
                guard let client = testbed.client else { return ["there is no server"] }
                let answer = try await client.ask(
                    "GET",
                    "targets?limit=1000",
                    tenant: History.tenants[0],
                    timeout: Self.longest
                )
                if answer.status != 200, answer.status != 503 {
                    problems.append("watcher: the server answered \(answer.status): \(answer.json)")
                }
            } catch let error as URLError {
                let seconds = start.duration(to: .now) / .seconds(1)
                problems.append("watcher: the server did not answer within \(seconds) s: \(error)")
            }
            try await isOver.wait(atMost: .milliseconds(100))
        }
        return problems
    }
}
