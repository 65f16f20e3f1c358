internal import Redis

extension SimulatedRedis {
    func ping(_ request: Request) throws(Refusal) -> RedisValue {
        guard request.count <= 2 else { throw .argumentCount("ping") }
        return request.count == 2 ? .bytes(request.copy(1)) : .status("PONG")
    }

    func select(_ request: Request, _ connection: inout Connection) throws(Refusal) -> RedisValue {
        connection.database = try Self.database(try request.integer(1))
        return .ok
    }

    mutating func swapdb(_ request: Request) throws(Refusal) -> RedisValue {
        let first = try request.integer(1, else: Refusal("ERR invalid first DB index"))
        let second = try request.integer(2, else: Refusal("ERR invalid second DB index"))
        keyspace.exchange(try Self.database(first), try Self.database(second))
        return .ok
    }

    private static func database(_ number: Int64) throws(Refusal) -> Int {
        guard (0..<Int64(Keyspace.databaseCount)).contains(number) else { throw .badDatabase }
        return Int(number)
    }

    /// - Parameter database: nil for all of them.
    mutating func flush(_ request: Request, _ database: Int?) throws(Refusal) -> RedisValue {
        guard request.count == 1 || request.count == 2 && (request.isWord(1, "SYNC") || request.isWord(1, "ASYNC"))
        else { throw .syntax }
        for database in database.map({ $0..<$0 + 1 }) ?? 0..<Keyspace.databaseCount {
            keyspace.removeAll(in: database)
        }
        return .ok
    }

    /// Redis treats subcommands as commands: it refuses an unknown one before it queues it.
    static func refusalOfClient(_ request: Request) -> Refusal? {
        for (name, count) in [("ID", 2), ("GETNAME", 2), ("SETNAME", 3)] as [(StaticString, Int)]
        where request.isWord(1, name) {
            return request.count == count ? nil : .argumentCount("client|\(name)")
        }
        return Refusal("ERR unknown subcommand '\(request.text(1))'. Try CLIENT HELP.")
    }

    func client(_ request: Request, _ connection: inout Connection) throws(Refusal) -> RedisValue {
        if request.isWord(1, "ID") { return .integer(connection.id) }
        if request.isWord(1, "GETNAME") { return connection.name.isEmpty ? .null : .bytes(connection.name) }
        guard request[2].allSatisfy({ (UInt8(ascii: "!")...UInt8(ascii: "~")).contains($0) }) else {
            throw Refusal("ERR Client names cannot contain spaces, newlines or special characters.")
        }
        connection.name = request.copy(2)
        return .ok
    }

    mutating func bgrewriteaof() throws(Refusal) -> RedisValue {
        guard server.rewrite != .inProgress else {
            throw Refusal("ERR Background append only file rewriting already in progress")
        }
        server.rewrite = .inProgress
        return .status("Background append only file rewriting started")
    }

    var role: RedisValue {
        switch server.role {
        case .primary: .array([.bytes("master"), .integer(0), .array([])])
        case .replica:
            .array([.bytes("slave"), .bytes("127.0.0.1"), .integer(6379), .bytes("connected"), .integer(0)])
        }
    }

    /// The requested sections, with the fields that the program reads.
    func info(_ request: Request) -> RedisValue {
        let everything = ["ALL", "DEFAULT", "EVERYTHING"] as [StaticString]
        let isAll =
            request.count == 1
            || (1..<request.count).contains { place in
                everything.contains { request.isWord(place, $0) }
            }
        let sections = infoSections.filter { section in
            isAll || (1..<request.count).contains { request.isWord($0, section.name) }
        }
        let texts = sections.map { section in
            "# \(section.name)\r\n" + (section.lines + server.moreInfo).map { "\($0)\r\n" }.joined()
        }
        return .bytes(texts.joined(separator: "\r\n"))
    }

    private var infoSections: [(name: StaticString, lines: [String])] {
        [
            ("SERVER", ["redis_version:7.0.15", "redis_mode:standalone", "run_id:\(runID)"]),
            ("MEMORY", ["maxmemory:\(server.maxMemory)", "maxmemory_policy:\(server.maxMemoryPolicy)"]),
            (
                "PERSISTENCE",
                [
                    "loading:\(server.isLoading ? 1 : 0)",
                    // Redis disables the append-only file while it loads it.
                    "aof_enabled:\(server.appendOnly && !server.isLoading ? 1 : 0)",
                    "aof_rewrite_in_progress:\(server.rewrite == .inProgress ? 1 : 0)",
                    "aof_rewrite_scheduled:0",
                    "aof_last_bgrewrite_status:\(server.rewrite == .failed ? "err" : "ok")",
                ]
            ),
            ("REPLICATION", ["role:\(server.role == .primary ? "master" : "slave")"]),
        ]
    }

    /// All keys in one reply, for any cursor.
    func scan(_ request: Request, in database: Int) throws(Refusal) -> RedisValue {
        let scan = try Scan(request, from: 1)
        let found = keyspace.keys(in: database).filter { key in
            guard let value = keyspace.value(at: key, in: database), scan.matches(keyspace.name(of: key)) else {
                return false
            }
            guard let type = scan.type else { return true }
            return request.isWord(type, value.type)
        }
        return .array([.bytes("0"), .array(found.map { .bytes(keyspace.name(of: $0)) })])
    }
}
