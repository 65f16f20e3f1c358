import Testing

@testable import Redis

@Suite("Redis URLs")
struct RedisEndpointTests {
    @Test("A URL with all parts is parsed")
    func everything() throws {
        let endpoint = try RedisEndpoint(url: "rediss://us%40r:p%2Fa%3Ass@cache.example:7000/3?cacert=/etc/ca%20x.pem")
        #expect(endpoint.address == .host("cache.example", port: 7000))
        #expect(endpoint.isTLS)
        #expect(endpoint.user == "us@r")
        #expect(endpoint.password?.text == "p/a:ss")
        #expect(endpoint.database == 3)
        #expect(endpoint.tlsTrustRootsFile == "/etc/ca x.pem")
    }

    @Test("Missing parts have default values")
    func defaults() throws {
        let endpoint = try RedisEndpoint(url: "redis://localhost")
        #expect(endpoint.address == .host("localhost", port: 6379))
        #expect(!endpoint.isTLS)
        #expect(endpoint.user == nil)
        #expect(endpoint.password == nil)
        #expect(endpoint.database == 0)
    }

    @Test("A password without a user follows a colon")
    func passwordOnly() throws {
        let endpoint = try RedisEndpoint(url: "redis://:s3cret@h/")
        #expect(endpoint.user == nil)
        #expect(endpoint.password?.text == "s3cret")
    }

    @Test("An IPv6 address is in brackets")
    func ipv6() throws {
        let endpoint = try RedisEndpoint(url: "redis://[::1]:6380/1")
        #expect(endpoint.address == .host("::1", port: 6380))
        #expect(endpoint.description == "redis://[::1]:6380/1")
    }

    @Test("A Unix socket has a path and may have a database")
    func unixSocket() throws {
        let endpoint = try RedisEndpoint(url: "unix:///run/redis.sock?db=2")
        #expect(endpoint.address == .unixSocket("/run/redis.sock"))
        #expect(endpoint.database == 2)
        #expect(endpoint.description == "unix:///run/redis.sock?db=2")
    }

    @Test("Several hosts are refused with the reason")
    func cluster() {
        #expect(throws: RedisError.badURL("a Redis Cluster is not supported yet: give one host")) {
            try RedisEndpoint(url: "redis://:a,b@one:1,two:2")
        }
    }

    @Test(
        "An invalid URL is refused without quoting it",
        arguments: [
            "", "localhost:6379", "http://:s3cret@h", "redis://", "redis://:s3cret@", "redis://:s3cret@h:0",
            "redis://:s3cret@h:65536", "redis://:s3cret@h:x", "redis://:s3cret@h/x", "redis://:s3cret@h/-1",
            "redis://:s3cret@h/1/2", "redis://s3cret@h", "redis://u:@h", "redis://:s3cret%2@h", "redis://:s3cret%zz@h",
            "redis://:s3cret%ff@h", "redis://:s3cret%00@h", "redis://:s3cret/@h", "redis://:s3cret#@h",
            "redis://:s3cret@h?x=1", "redis://:s3cret@h/1?db=1", "redis://:s3cret@h?cacert=/x", "redis://:s3cret@::1",
            "redis://:s3cret@[::1", "redis://:s3cret@[]", "redis://:s3cret@[::1]x",
            "redis://:s3cret@[[]:1", "redis://:s3cret@[::1]]", "redis://:s3cret@[h]", "unix://run/redis.sock",
            "unix:///", "unix:///" + String(repeating: "x", count: 107),
        ]
    )
    func refused(url: String) {
        let error = #expect(throws: RedisError.self) { try RedisEndpoint(url: url) }
        guard case .badURL(let reason)? = error else {
            Issue.record("\(url) gave \(String(describing: error))")
            return
        }
        #expect(!reason.isEmpty)
        #expect(!reason.contains("s3cret"))
    }

    @Test("The password is in no description, dump or reflection")
    func secrecy() throws {
        let endpoint = try RedisEndpoint(url: "redis://user:s3cret@h:1/0")
        var dumped = ""
        dump(endpoint, to: &dumped)
        #expect(!"\(endpoint) \(String(reflecting: endpoint)) \(dumped)".contains("s3cret"))
        #expect(endpoint.description == "redis://h:1/0")
    }
}
