import Foundation
import LocalServers
import Redis
import RedisTesting
import Testing

@Suite("A private redis-server", .timeLimit(.minutes(1)))
struct RedisServerProcessTests {
    @Test("Stopping ends the process, even a suspended one")
    func stopping() async throws {
        try await withFolder { folder in
            let server = try await RedisServerProcess.start(folder: folder)
            #expect(Foundation.kill(server.processIdentifier, 0) == 0)
            server.kill(signal: SIGSTOP)
            await server.stop()
            #expect(Foundation.kill(server.processIdentifier, 0) == -1)
        }
    }

    @Test("The process ends when its last reference is released")
    func dropping() async throws {
        try await withFolder { folder in
            var server: RedisServerProcess? = try await RedisServerProcess.start(folder: folder)
            let identifier = try #require(server?.processIdentifier)
            server = nil
            while Foundation.kill(identifier, 0) == 0 { await Task.yield() }
        }
    }

    @Test("The process has its own process group, so that Ctrl-C does not reach it")
    func processGroup() async throws {
        try await withRedis { server in
            #expect(getpgid(server.processIdentifier) == server.processIdentifier)
        }
    }

    @Test("The server has the default test settings and the given settings")
    func settings() async throws {
        try await withRedis(["--maxmemory", "50mb"]) { server in
            let connection = try await RedisConnection.connect(to: server.endpoint)
            let command = RedisCommand("CONFIG", "GET", "maxmemory*", "save", "appendonly")
            let replies = try await connection.send(RedisPipeline(command))[0].requireArray()
            let texts = replies.map(\.string)
            for (name, value) in [
                ("maxmemory", "52428800"), ("maxmemory-policy", "noeviction"), ("save", ""), ("appendonly", "no"),
            ] {
                let index = try #require(texts.firstIndex(of: name))
                #expect(texts[index + 1] == value)
            }
        }
    }

    @Test("Saved data is kept when the server is started again in the same folder")
    func restarting() async throws {
        try await withFolder { folder in
            let first = try await RedisServerProcess.start(folder: folder, configuration: ["--appendonly", "yes"])
            _ = try await first.connect().send(RedisPipeline(RedisCommand("SET", "a", "1")))
            await first.stop()
            let second = try await RedisServerProcess.start(folder: folder, configuration: ["--appendonly", "yes"])
            #expect(try await second.connect().send(RedisPipeline(RedisCommand("GET", "a")))[0].int == 1)
            await second.stop()
        }
    }

    @Test("For a missing executable the error names the package to install")
    func missingExecutable() async throws {
        try await withFolder { folder in
            let error = await #expect(throws: RedisServerProcess.StartError.self) {
                try await RedisServerProcess.start(folder: folder, executable: "no-such-redis")
            }
            #expect(error?.description == "no-such-redis is not installed: apt-get install redis-server")
        }
    }

    @Test("For a setting that Redis refuses the error comes at once and names the log file")
    func badSetting() async throws {
        try await withFolder { folder in
            let error = await #expect(throws: RedisServerProcess.StartError.self) {
                try await RedisServerProcess.start(folder: folder, configuration: ["--no-such-setting", "1"])
            }
            #expect(error?.description.contains("\(folder)/redis-server.log") == true)
            let log = try String(contentsOfFile: "\(folder)/redis-server.log", encoding: .utf8)
            #expect(log.contains("no-such-setting"))
        }
    }
}
