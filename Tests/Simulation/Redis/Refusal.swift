internal import Redis

/// An error reply, with the error line of Redis 7.0.
struct Refusal: Error {
    let line: String

    init(_ line: String) { self.line = line }

    var reply: RedisValue { .error(RedisServerError(line)) }

    static let wrongType = Refusal("WRONGTYPE Operation against a key holding the wrong kind of value")
    static let notAnInteger = Refusal("ERR value is not an integer or out of range")
    static let notAFloat = Refusal("ERR value is not a valid float")
    static let syntax = Refusal("ERR syntax error")
    static let badDatabase = Refusal("ERR DB index is out of range")
    static let readOnly = Refusal("READONLY You can't write against a read only replica.")
    static let outOfMemory = Refusal("OOM command not allowed when used memory > 'maxmemory'.")
    static let loading = Refusal("LOADING Redis is loading the dataset in memory")

    static func argumentCount(_ name: String) -> Refusal {
        Refusal("ERR wrong number of arguments for '\(name.lowercased())' command")
    }

    static func unknown(_ request: Request) -> Refusal {
        let arguments = (1..<max(1, request.count)).map { "'\(request.text($0))' " }.joined()
        return Refusal("ERR unknown command '\(request.text(0))', with args beginning with: \(arguments)")
    }
}

extension RedisValue {
    static let ok = RedisValue.status("OK")

    static func integer(_ number: Int) -> RedisValue { .integer(Int64(number)) }

    static func bytes(_ text: String) -> RedisValue { .bytes(Array(text.utf8)) }
}
