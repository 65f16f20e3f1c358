internal import Concurrency
internal import Events
internal import Ledger
internal import Log
internal import Redis

/// Examines Redis and the log, and makes the plan of a rebuild.
package struct RebuildSurvey: Sendable {
    private let settings: OperationsSettings

    /// - Parameter settings: the settings of the new view.
    package init(_ settings: OperationsSettings) { self.settings = settings }

    /// Makes the plan and changes nothing.
    /// - Parameter startsOver: whether the rebuild drops the result of an interrupted one instead of continuing it.
    /// - Throws: ``RebuildError``.
    package func plan(startsOver: Bool) async throws -> RebuildPlan {
        let old = try await RedisConnection.connect(to: settings.redis)
        defer { old.closeNow() }
        let info = try await Admission.checkFitness(old)
        let (used, maximum) = (info.usedMemory, info.maxMemory)
        if maximum > 0, used > maximum / 2 { throw RebuildError.memory(used: used, maximum: maximum) }
        let size = try await refuseForeignKeys(old)
        let stored = try await old.replies(
            to: RedisPipeline(RedisCommand("GET", settings.ledger.keys.settings(shard: 0)))
        )
        let shards = stored[0].string.flatMap(Self.shards) ?? settings.ledger.shards
        let (ends, bounds, deadLettersFrom) = try await ends(old, shards: shards)
        let (newDatabase, resumes) = try await database(startsOver: startsOver)
        return RebuildPlan(
            database: settings.redis.database,
            newDatabase: newDatabase,
            resumes: resumes,
            storedSettings: stored[0].string,
            heldShards: shards,
            ends: ends,
            starts: resumes ? try await starts(in: newDatabase, of: Array(ends.keys)) : [:],
            lows: bounds.mapValues(\.low),
            deadLettersFrom: deadLettersFrom,
            keys: size
        )
    }

    /// The offsets that the new view must reach: the highest cursors of the old view, or the end of the log for
    /// partitions that are not applied, or whose log is no longer the one that was read.
    func ends(_ old: RedisConnection, shards: Int) async throws -> (
        ends: [TopicPartition: Int64],
        bounds: [TopicPartition: Watermarks],
        deadLettersFrom: [TopicPartition: Int64]
    ) {
        let bounds = try await LogEnds.watermarks(of: settings.topics, in: settings.log)
        let keys = KeySpace(shards: shards)
        let partitions = Array(bounds.keys)
        var command = RedisCommand("MGET")
        for partition in partitions {
            for shard in 0..<shards { command.append(keys.cursor(partition, shard: shard)) }
        }
        let values = try await old.replies(to: RedisPipeline(command))[0].requireArray()
        var cursors: [TopicPartition: Cursor] = [:]
        for (place, value) in values.enumerated() {
            // A cursor that cannot be read counts as missing: it may be the reason for the rebuild.
            guard case .bytes(let bytes) = value, let cursor = try? Cursor(parsing: bytes) else { continue }
            let partition = partitions[place / shards]
            if cursor.next > cursors[partition]?.next ?? 0 { cursors[partition] = cursor }
        }
        let found = cursors
        let faulty = try await BlockingThread.run("log check") { [settings] in
            try LogCheck.faults(of: found, in: settings.log)
        }
        for partition in faulty.keys { cursors[partition] = nil }
        let applied = cursors.mapValues(\.next)
        return (bounds.reduce(into: [:]) { $0[$1.key] = applied[$1.key] ?? $1.value.high }, bounds, applied)
    }

    /// Counts the keys of the database.
    /// - Throws: ``RebuildError/foreignKeys(_:)`` for keys that are not of this program.
    private func refuseForeignKeys(_ connection: RedisConnection) async throws -> Int {
        var cursor = "0"
        var count = 0
        repeat {
            let reply = try await connection.replies(
                to: RedisPipeline(RedisCommand("SCAN", cursor, "COUNT", "1000"))
            )[0].requireArray()
            guard reply.count == 2 else { throw LedgerError.unexpectedReply("SCAN") }
            cursor = try reply[0].requireString()
            let names = try reply[1].requireArray().map { $0.string ?? "?" }
            let foreign = names.filter { settings.ledger.keys.place(of: $0) == nil }
            if !foreign.isEmpty { throw RebuildError.foreignKeys(Array(foreign.prefix(5))) }
            count += names.count
        } while cursor != "0"
        return count
    }

    /// The database of an interrupted rebuild, or else an empty one.
    private func database(startsOver: Bool) async throws -> (number: Int, resumes: Bool) {
        let connection = try await RedisConnection.connect(to: settings.redis)
        defer { connection.closeNow() }
        let info = try RedisInfo.fields(
            try await connection.replies(to: RedisPipeline(RedisCommand("INFO", "keyspace")))[0]
        )
        let used = Set(info.keys.compactMap { $0.hasPrefix("db") ? Int($0.dropFirst(2)) : nil })
        let marker = settings.ledger.keys.rebuild
        for number in used.sorted() where number != settings.redis.database {
            let replies = try await connection.replies(
                to: RedisPipeline(RedisCommand("SELECT", String(number)), RedisCommand("GET", marker))
            )
            if let text = replies[1].string { return (number, !startsOver && text == settings.ledger.text) }
        }
        for number in 0..<1_024 where number != settings.redis.database && !used.contains(number) {
            let reply = try await connection.replies(to: RedisPipeline(RedisCommand("SELECT", String(number))))[0]
            guard case .error = reply else { return (number, false) }
            break
        }
        throw RebuildError.noDatabase
    }

    private func starts(in database: Int, of partitions: [TopicPartition]) async throws -> [TopicPartition: Int64] {
        var endpoint = settings.redis
        endpoint.database = database
        let connection = try await RedisConnection.connect(to: endpoint)
        defer { connection.closeNow() }
        return try await Cursors.lowest(
            of: partitions,
            over: connection,
            keys: settings.ledger.keys,
            catalogTopics: settings.topics.catalog
        ).mapValues(\.next)
    }

    /// The number of shards in the text of a view's settings.
    private static func shards(_ stored: String) -> Int? {
        let count = stored.split(separator: " ").first { $0.hasPrefix("shards=") }.flatMap { Int($0.dropFirst(7)) }
        return count.flatMap { (1...1_024).contains($0) ? $0 : nil }
    }
}
