import Foundation
import Model
import TestSupport

/// A viewer who queries the server during the faults. Every answer must be 200 or 503, and in time.
struct ServerProbe {
    let testbed: Testbed

    /// The maximum time of an answer, in seconds.
    private static let longest = 15.0

    /// - Returns: the wrong or late answers.
    func watch(until isOver: StopSignal) async throws -> [String] {
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
