import LocalServers
import Redis
import RedisTesting
import Testing

@Suite("Signing in to Redis", .timeLimit(.minutes(1)))
struct RedisSignInTests {
    private let configuration = [
        "--requirepass", "s3cret:/@", "--user", "worker", "on", ">w%rk er", "~*", "&*", "+@all",
    ]

    private func endpoint(_ server: RedisServerProcess, _ userInfo: String, query: String = "") throws -> RedisEndpoint
    {
        try RedisEndpoint(url: server.url.replacing("unix://", with: "unix://\(userInfo)@") + query)
    }

    @Test("The default user signs in with only a password")
    func passwordOnly() async throws {
        try await withRedis(configuration) { server in
            let connection = try await RedisConnection.connect(to: endpoint(server, ":s3cret%3A%2F%40"))
            #expect(try await connection.send("ACL", "WHOAMI").string == "default")
        }
    }

    @Test("A user signs in with name and password")
    func userAndPassword() async throws {
        try await withRedis(configuration) { server in
            let connection = try await RedisConnection.connect(to: endpoint(server, "worker:w%25rk%20er"))
            #expect(try await connection.send("ACL", "WHOAMI").string == "worker")
        }
    }

    @Test("A wrong password gives a server error that does not quote it")
    func wrongPassword() async throws {
        try await withRedis(configuration) { server in
            let endpoint = try endpoint(server, "worker:wr0ng")
            let error = await #expect(throws: RedisError.self) { try await RedisConnection.connect(to: endpoint) }
            guard case .server(let refusal)? = error else {
                Issue.record("\(String(describing: error)) instead of a refusal")
                return
            }
            #expect(refusal.code == "WRONGPASS")
            #expect(!String(reflecting: error).contains("wr0ng"))
        }
    }

    @Test("A missing password is detected while connecting")
    func missingPassword() async throws {
        try await withRedis(configuration) { server in
            let error = await #expect(throws: RedisError.self) {
                try await RedisConnection.connect(to: server.endpoint)
            }
            guard case .server(let refusal)? = error else {
                Issue.record("\(String(describing: error)) instead of a refusal")
                return
            }
            #expect(refusal.code == "NOAUTH")
        }
    }

    @Test("The database of the URL is selected, and an invalid database is refused")
    func database() async throws {
        try await withRedis { server in
            let third = try await RedisConnection.connect(to: RedisEndpoint(url: server.url + "?db=3"))
            _ = try await third.send("SET", "a", "1")
            let first = try await RedisConnection.connect(to: server.endpoint)
            #expect(try await first.send("GET", "a") == .null)
            #expect(try await first.send("INFO", "keyspace").requireString().contains("db3:keys=1"))
            await #expect(throws: RedisError.server(RedisServerError("ERR DB index is out of range"))) {
                try await RedisConnection.connect(to: RedisEndpoint(url: server.url + "?db=99"))
            }
        }
    }

    @Test("The error of a refused connection names the address")
    func refused() async throws {
        let endpoint = try RedisEndpoint(url: "redis://user:s3cret@127.0.0.1:1/0")
        let error = await #expect(throws: RedisError.self) { try await RedisConnection.connect(to: endpoint) }
        guard case .connectionFailed(let cause)? = error else {
            Issue.record("\(String(describing: error)) instead of a failed connection")
            return
        }
        #expect(cause.contains("redis://127.0.0.1:1/0"))
        #expect(cause.hasSuffix(": Connection refused"))
        #expect(!cause.contains("s3cret"))
    }
}
