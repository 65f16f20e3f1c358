import Foundation
import Ledger
import Redis
import SalesRules
import TestSupport

extension Fault {
    /// The faults of workers.
    static let worker = [
        Fault(name: "worker-kill", summary: "a worker is killed and started again", place: .worker) { strike in
            try await strike.worker.kill()
            try await strike.pause(milliseconds: 0...1_000)
            try await strike.worker.start()
        },
        Fault(name: "worker-stop", summary: "a worker is stopped and started again", place: .worker) { strike in
            try await strike.worker.stop()
            try await strike.pause(milliseconds: 0...500)
            try await strike.worker.start()
        },
        Fault(name: "worker-pause", summary: "a worker is suspended for one to three seconds", place: .worker) {
            await $0.worker.signal(SIGSTOP)
            try await $0.pause(milliseconds: 1_000...3_000)
            await $0.worker.signal(SIGCONT)
        },
        Fault(
            name: "worker-zombie",
            summary: "a worker is suspended until others have its partitions, and then continues",
            place: .worker
        ) { strike in
            let name = strike.worker.name
            await strike.worker.signal(SIGSTOP)
            try await strike.pause(milliseconds: 100...1_000)
            try await strike.testbed.group.evict { $0.client == name }
            // Longer than its session timeout of six seconds.
            try await strike.pause(milliseconds: 6_000...7_500)
            await strike.worker.signal(SIGCONT)
        },
        Fault(name: "worker-join", summary: "another worker joins and leaves again", place: .worker) { strike in
            let testbed = strike.testbed
            let guest = WorkerSlot(
                "worker-guest",
                program: testbed.program,
                folder: testbed.folder,
                environment: testbed.site.environment,
                isStatic: false
            )
            try await guest.start()
            try await strike.pause(milliseconds: 1_000...4_000)
            try await guest.stop()
            let problems = await guest.takeProblems()
            if let problem = problems.first { throw TestbedFailure(problem) }
        },
        Fault(
            name: "worker-settings",
            summary: "a worker with other settings is started, and must refuse to work",
            // In an empty Redis the worker would rightly start, so this never runs at the same time as a Redis fault.
            place: .redis
        ) { try await startWithOtherSettings(&$0) },
    ]

    private static func startWithOtherSettings(_ strike: inout FaultContext) async throws {
        let testbed = strike.testbed
        let settings = testbed.site.settings
        let key = settings.keys.settings(shard: 0)
        try await Deadline.wait(30, for: "settings in Redis") {
            try await !testbed.redis.ask(RedisCommand("GET", key)).isNull
        }
        let other = OwnerCredit.allCases.filter { $0 != settings.rules.ownerCredit }.randomElement(
            using: &strike.random
        )
        let variables =
            Bool.random(using: &strike.random)
            ? ["SALESTARGETS_SHARDS": "\(settings.shards + 1)"]
            : ["SALESTARGETS_OWNER_CREDIT": other?.rawValue ?? ""]
        let stranger = WorkerSlot(
            "worker-stranger",
            program: testbed.program,
            folder: testbed.folder,
            environment: testbed.site.environment.merging(variables) { $1 },
            isStatic: false
        )
        let before = stranger.logSize
        try await stranger.start()
        let code = try await stranger.ended(within: 40)
        try await testbed.group.evict { $0.client == "worker-stranger" }
        let text = stranger.logged(since: before)
        guard let code else {
            throw TestbedFailure("a worker with other settings (\(variables)) did not end:\n\(text)")
        }
        guard code != 0, text.contains("settings") else {
            throw TestbedFailure("a worker with other settings (\(variables)) ended with \(code) and logged:\n\(text)")
        }
        let kept = try await testbed.redis.ask(RedisCommand("GET", key)).requireString()
        guard kept == settings.text else { throw TestbedFailure("the settings in Redis were changed to \(kept)") }
    }
}
