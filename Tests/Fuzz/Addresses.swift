@testable import Redis

extension Fuzz {
    /// Parses Redis URLs, as in the setting `redis-url`.
    static let addresses = FuzzTarget(
        name: "addresses",
        run: { readURL($0) },
        seeds: {
            [
                "rediss://us%40r:p%2Fa%3Ass@cache.example:7000/3?cacert=/etc/ca%20x.pem", "redis://localhost",
                "redis://:s3cret@h/", "redis://[::1]:6380/1", "unix:///run/redis.sock?db=2", "redis://:a,b@one:1,two:2",
                "redis://h?db=65535", "unix://user:password@/run/redis.sock",
            ].map { Array($0.utf8) }
        },
        words: ["redis://", "rediss://", "unix://", "cacert=", "db=", "%2F", "%00", "[::1]", ":6379"]
    )

    private static func readURL(_ input: Input) {
        guard let url = String(validating: input, as: UTF8.self) else { return }
        let endpoint: RedisEndpoint
        do throws(RedisError) {
            endpoint = try RedisEndpoint(url: url)
        } catch {
            // Errors are fixed texts, so that they cannot show a password.
            requireOneLine(error.description)
            return
        }
        let shown = endpoint.description
        let open = noError("\(url) without its user") { () throws(RedisError) in
            try RedisEndpoint(url: withoutCredentials(url))
        }
        require(shown == open.description, "\(shown) shows more than \(open), which has no credentials")
        guard case .host(let host, let port) = endpoint.address else { return }
        require(!host.isEmpty && (1...65_535).contains(port), "\(shown)")
        let again = noError("the description \(shown) cannot be parsed") { () throws(RedisError) in
            try RedisEndpoint(url: shown)
        }
        require(again.address == endpoint.address && again.database == endpoint.database, "\(shown) gives \(again)")
    }

    private static func withoutCredentials(_ url: String) -> String {
        guard let start = url.firstRange(of: "://")?.upperBound,
            let at = url[start...].prefix(while: { $0 != "?" }).lastIndex(of: "@")
        else { return url }
        return String(url[..<start] + url[url.index(after: at)...])
    }
}
