import Foundation
import LocalServers
import Redis
import TestSupport

extension Fault {
    /// The faults of Redis.
    static let redis = [
        Fault(name: "redis-kill", summary: "Redis is killed and started again", place: .redis) { strike in
            let redis = strike.testbed.redis
            try await redis.kill()
            try await strike.pause(milliseconds: 0...800)
            try await redis.start()
        },
        Fault(
            name: "redis-torn",
            summary: "Redis is killed twice, and its append-only file is cut at a random byte each time",
            place: .redis,
            configurations: [.everysec, .always]
        ) { strike in
            let redis = strike.testbed.redis
            for _ in 0..<2 {
                try await redis.kill()
                _ = try redis.tearAppendOnlyFile(share: strike.share())
                try await redis.start()
                try await strike.pause(milliseconds: 600...1_500)
            }
        },
        Fault(
            name: "redis-older",
            summary: "Redis is started from an older snapshot",
            place: .redis,
            configurations: [.rdb]
        ) { strike in
            let redis = strike.testbed.redis
            await redis.stop()
            try? FileManager.default.removeItem(at: redis.snapshot)
            if let older = strike.testbed.snapshots.randomElement(using: &strike.random) {
                try FileManager.default.copyItem(at: older, to: redis.snapshot)
            }
            try await redis.start()
        },
        Fault(name: "redis-flush", summary: "an operator empties Redis", place: .redis) { strike in
            try await strike.testbed.redis.ask(RedisCommand("FLUSHALL"))
        },
        Fault(name: "redis-pause", summary: "Redis is suspended for one to three seconds", place: .redis) { strike in
            let redis = strike.testbed.redis
            await redis.signal(SIGSTOP)
            try await strike.pause(milliseconds: 1_000...3_000)
            await redis.signal(SIGCONT)
        },
        Fault(name: "redis-save", summary: "Redis is killed while it saves", place: .redis) { strike in
            let redis = strike.testbed.redis
            // Refused during another save, which serves the same purpose.
            _ = try? await redis.ask(RedisCommand(redis.configuration.hasAppendOnlyFile ? "BGREWRITEAOF" : "BGSAVE"))
            try await strike.pause(milliseconds: 0...30)
            try await redis.kill()
            try await redis.start()
        },
        Fault(
            name: "redis-primary",
            summary: "a replica replaces its suspended primary, which then resumes and accepts writes for a while",
            place: .redis
        ) { try await failOver(&$0) },
        Fault(
            name: "redis-failback",
            summary: "Redis takes the data of an older copy of itself as a replica, and is made the primary again",
            place: .redis
        ) { try await failBack(&$0) },
        Fault(
            name: "redis-rebuild",
            summary: "an operator rebuilds the view, is interrupted, and does it again",
            place: .redis
        ) { try await rebuild(&$0) },
    ]

    private static func rebuild(_ strike: inout FaultContext) async throws {
        let testbed = strike.testbed
        let log = testbed.folder.appending(path: "rebuild-fault.log")
        let command = [testbed.program.path, "rebuild", "--yes"]
        let first = ChildProcess(command, environment: testbed.site.environment, log: log.path)
        try await strike.pause(milliseconds: 50...400)
        first.signal(SIGKILL)
        try await first.waitUntilEnded(atMost: .seconds(5))
        // Other faults may interrupt it too.
        var last = ""
        try await Deadline.wait(60, for: "a rebuild that succeeds") {
            let (code, output) = try await testbed.run(["rebuild", "--yes"], log: "rebuild.log", within: 60)
            last = output
            if code != 0 { try await Task.sleep(for: .milliseconds(500)) }
            return code == 0
        } elseSaying: {
            last
        }
    }

    private static func failBack(_ strike: inout FaultContext) async throws {
        let redis = strike.testbed.redis
        let copy = try strike.testbed.makeRedis()
        try await copy.start(following: redis.port)
        try await copy.waitUntilFollowing()
        try await copy.ask(RedisCommand("REPLICAOF", "NO", "ONE"))
        try await strike.pause(milliseconds: 200...1_500)
        try await redis.ask(RedisCommand("REPLICAOF", "127.0.0.1", "\(copy.port)"))
        try await redis.waitUntilFollowing()
        try await redis.ask(RedisCommand("REPLICAOF", "NO", "ONE"))
        await copy.stop()
    }

    private static func failOver(_ strike: inout FaultContext) async throws {
        let testbed = strike.testbed
        let former = testbed.redis
        let next = try testbed.makeRedis()
        try await next.start(following: former.port)
        try await next.waitUntilFollowing()
        try await strike.pause(milliseconds: 100...800)
        await former.signal(SIGSTOP)
        try await strike.pause(milliseconds: 0...500)
        try await next.ask(RedisCommand("REPLICAOF", "NO", "ONE"))
        testbed.use(next)
        testbed.proxy.lead(to: next.port)
        try await strike.pause(milliseconds: 1_000...2_500)
        await former.signal(SIGCONT)
        testbed.proxy.lead(to: former.port)
        try await strike.pause(milliseconds: 1_000...2_000)
        testbed.proxy.lead(to: next.port)
        try await former.ask(RedisCommand("REPLICAOF", "127.0.0.1", "\(next.port)"))
        try await former.waitUntilFollowing()
        await former.stop()
    }
}
