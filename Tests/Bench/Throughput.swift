import Foundation
import LocalServers
import Redis

/// Measures how fast `worker --until-caught-up` applies a prefilled topic, from the start of the process to its end.
struct Throughput {
    let program: URL
    let orders: Int
    let people: Int
    let lanes: Int
    let partitions: Int32
    let skewed: Bool
    let seed: UInt64

    struct Result {
        var ordersPerSecond: Double
        var redisMicroseconds: Double
        var workerMicroseconds: Double
        var bytesPerOrder: Double
    }

    func measure() async throws -> Result {
        try await Cluster.run(program, partitions: partitions) { try await measure($0) }
    }

    private func measure(_ cluster: Cluster) async throws -> Result {
        var load = ["load", "--orders", "\(orders)", "--people", "\(people)", "--seed", "\(seed)"]
        if skewed { load.append("--skewed") }
        let output = try cluster.start(load)
        output.waitUntilExit()
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: cluster.redis.url))
        let before = try await Info(connection)
        let start = ContinuousClock.now
        let cpu = try cluster.run("worker", "--until-caught-up", "--lanes", "\(lanes)", "--log-level", "warning")
        let seconds = start.duration(to: .now) / .seconds(1)
        let after = try await Info(connection)
        await connection.close()
        let count = Double(orders)
        let saved = Double(after.keys - before.keys)
        return Result(
            ordersPerSecond: count / seconds,
            redisMicroseconds: (after.cpu - before.cpu) / count * 1e6,
            workerMicroseconds: cpu / count * 1e6,
            bytesPerOrder: Double(after.memory - before.memory) / max(1, saved)
        )
    }

    static func row(_ name: String, _ results: [Result]) -> String {
        func median(_ part: (Result) -> Double) -> Double { results.map(part).percentile(0.5) }
        return name.padding(toLength: 10, withPad: " ", startingAt: 0)
            + String(
                format: "%9.0f %16.2f %17.2f %13.0f",
                median(\.ordersPerSecond),
                median(\.redisMicroseconds),
                median(\.workerMicroseconds),
                median(\.bytesPerOrder)
            )
    }

    /// The figures that Redis reports.
    private struct Info {
        /// CPU time in seconds.
        let cpu: Double
        let memory: Int
        /// The number of entries of orders.
        let keys: Int

        init(_ connection: RedisConnection) async throws {
            var pipeline = RedisPipeline()
            pipeline.append(RedisCommand("INFO", "everything"))
            let text = try await connection.send(pipeline)[0].requireString()
            func field(_ name: String) -> Double {
                text.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name + ":") }
                    .flatMap { Double($0.dropFirst(name.count + 1)) } ?? 0
            }
            cpu = field("used_cpu_user") + field("used_cpu_sys")
            memory = Int(field("used_memory"))
            keys = try await Self.orders(connection)
        }

        /// Counts the keys of entries, because there are other keys too.
        private static func orders(_ connection: RedisConnection) async throws -> Int {
            var count = 0
            var cursor = "0"
            repeat {
                let reply = try await connection.send(
                    RedisPipeline(RedisCommand("SCAN", cursor, "MATCH", "{s*}:o:*", "COUNT", "10000"))
                )[0].requireArray()
                cursor = try reply[0].requireString()
                count += try reply[1].requireArray().count
            } while cursor != "0"
            return count
        }
    }
}
