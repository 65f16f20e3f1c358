internal import Foundation
package import Ledger
internal import Redis

/// The sessions that were ended before their time, and the links that were used.
///
/// They are in Redis, which all servers share and no other part of an installation has to: a sorted set of ids by when
/// they expire by themselves, so that it stays short. It is the only thing in Redis that the log does not have. So each
/// server also keeps in memory what it knows, and writes it again when it finds it missing, as after a rebuild.
package actor EndedSessions {
    /// How old the list in memory may be.
    static let maximumAge = Duration.seconds(1)
    /// The most ids that are kept: beyond it, those that expire soonest go.
    static let limit = 100_000

    private let link: any RedisLink
    private let sessions: String
    private let links: String
    /// The ended sessions, with the second since 1970 at which each expires by itself.
    private var known: [String: Int64] = [:]
    private var lastRead: ContinuousClock.Instant?
    private var reading: Task<Void, Never>?

    /// The list in the Redis of this link.
    package init(link: any RedisLink, keys: KeySpace) {
        self.link = link
        sessions = keys.endedSessions
        links = keys.usedLinks
    }

    /// The ids of ended sessions, at most a second old; as last read while Redis does not answer.
    func current(now: Date) async -> Set<String> {
        if lastRead.map({ $0.duration(to: .now) >= Self.maximumAge }) ?? true {
            let task = reading ?? Task { await read(now: Int64(now.timeIntervalSince1970)) }
            reading = task
            await task.value
            reading = nil
        }
        return Set(known.keys)
    }

    /// Ends a session: at once on this server, within a second on the others.
    /// - Throws: when Redis does not have it; then the others do not know of it yet.
    func end(_ id: String, expires: Date, now: Date) async throws(RedisError) {
        let end = Int64(expires.timeIntervalSince1970.rounded(.up))
        known[id] = end
        _ = try await add(id, expires: end, to: sessions, now: now)
    }

    /// - Returns: false when the link was used before, on any server.
    func use(link id: String, expires: Date, now: Date) async throws(RedisError) -> Bool {
        try await add(id, expires: Int64(expires.timeIntervalSince1970.rounded(.up)), to: links, now: now)
    }

    private func add(_ id: String, expires: Int64, to key: String, now: Date) async throws(RedisError) -> Bool {
        let second = Int64(now.timeIntervalSince1970)
        let replies = try await link.send(
            RedisPipeline(
                RedisCommand("ZADD", key, "NX", String(expires), id),
                RedisCommand("ZREMRANGEBYSCORE", key, "-inf", "(\(second)"),
                RedisCommand("ZREMRANGEBYRANK", key, "0", String(-Self.limit - 1))
            )
        )
        return try replies[0].requireInteger() == 1
    }

    private func read(now: Int64) async {
        lastRead = .now
        known = known.filter { $0.value >= now }
        do throws(RedisError) {
            let command = RedisCommand("ZRANGEBYSCORE", sessions, String(now), "+inf", "WITHSCORES")
            let found = try await link.send(RedisPipeline(command))[0].requireArray()
            var stored: [String: Int64] = [:]
            for index in stride(from: 0, to: found.count - 1, by: 2) {
                stored[try found[index].requireString()] = Int64(try found[index + 1].requireString()) ?? now
            }
            let missing = known.filter { stored[$0.key] == nil }
            known.merge(stored) { $1 }
            if !missing.isEmpty {
                var command = RedisCommand("ZADD", sessions)
                for (id, end) in missing {
                    command.append(end)
                    command.append(id)
                }
                _ = try await link.send(RedisPipeline(command))
            }
        } catch {
            // The next read is in a second. Without Redis nobody sees results anyway.
        }
        lastRead = .now
    }
}
