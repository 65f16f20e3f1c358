import Foundation
import LocalServers
import Redis
import TestSupport
import Testing

@Suite("A view whose numbers are known to be wrong", .serialized, .timeLimit(.minutes(5)))
struct BrokenViewTests {
    @Test("After a posting was applied only in part, every program refuses the view until it is rebuilt")
    func partialPosting() async throws {
        let system = try await System(partitions: 1)
        let connection = try await RedisConnection.connect(to: RedisEndpoint(url: system.redis.url))
        defer { connection.closeNow() }
        _ = try await connection.one(RedisCommand("LPUSH", "{s0}:d:default/ann:2026", "of another program")).checked()
        try await system.publish([system.message(for: try System.savedOrder("SO-1"))])
        for said in ["applied only in part", "are wrong, and are not used"] {
            let log = "\(said.prefix(3)).log"
            let worker = try system.start(["worker", "--until-caught-up"], log: log)
            worker.waitUntilExit()
            #expect(worker.terminationStatus == 3)
            #expect(system.log(log).contains(said), "\(system.log(log))")
        }
        let server = try system.start(
            ["serve", "--http-port", "0"],
            log: "server.log",
            environment: ServerClient.environment
        )
        server.waitUntilExit()
        #expect(server.terminationStatus == 3)
        #expect(system.log("server.log").contains("applied only in part"))

        let rebuild = try system.start(["rebuild", "--yes"], log: "rebuild.log")
        rebuild.waitUntilExit()
        #expect(rebuild.terminationStatus == 0, "\(system.log("rebuild.log"))")
        let verify = try system.start(["verify"], log: "verify.log")
        verify.waitUntilExit()
        #expect(verify.terminationStatus == 0, "\(system.log("verify.log"))")
        await system.end()
    }
}
