import Model
import Redis

/// Random pipelines, some of them as the ledger sends them. There are few keys, so that connections conflict. Some
/// commands use a key of the wrong type or are invalid.
struct RandomCommands {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func connection(of count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

    mutating func reconnects() -> Bool { random.chance(10) }

    mutating func pipeline() -> [String] {
        let shape: Shape = random.weighted([
            (30, .read), (30, .post), (20, .snapshot), (15, .half), (20, .loose), (4, .server),
        ])
        switch shape {
        case .read:
            let keys = (0..<Int.random(in: 1...4, using: &random)).map { _ in key(.string) }.joined(separator: " ")
            return ["WATCH \(keys)", "MGET \(keys)"]
        case .post: return ["MULTI"] + list(1...6) { $0.write() } + ["EXEC"]
        case .snapshot: return ["MULTI"] + list(1...4) { $0.read() } + ["EXEC"]
        case .half:
            let words = ["MULTI", "EXEC", "DISCARD", "UNWATCH", "WATCH \(key(.string)) \(key(.hash))", "WATCH nothing"]
            return list(1...3) { $0.random.chance(600) ? $0.random.pick(words) : $0.command() }
        case .loose: return list(1...3) { $0.command() }
        case .server: return [serverCommand()]
        }
    }

    private enum Shape {
        case read
        case post
        case snapshot
        case half
        case loose
        case server
    }

    private mutating func list(_ counts: ClosedRange<Int>, _ make: (inout Self) -> String) -> [String] {
        (0..<Int.random(in: counts, using: &random)).map { _ in make(&self) }
    }

    private mutating func command() -> String {
        if random.chance(60) { return strange() }
        return random.chance(500) ? write() : read()
    }

    private enum Kind: CaseIterable {
        case string
        case tally
        case hash
        case set
        case sortedSet
    }

    private mutating func key(_ kind: Kind) -> String {
        let kind = random.chance(40) ? random.pick(Kind.allCases) : kind
        return "\(kind)\(Int.random(in: 1...2, using: &random))"
    }

    private mutating func member() -> String {
        // 40 members are more than a ByteTable searches linearly.
        "m\(Int.random(in: 1...(random.chance(300) ? 40 : 5), using: &random))"
    }

    private mutating func number() -> String {
        random.pick(["0", "1", "-1", "7", "-100", "12345", "2147483647", "9223372036854775807", "-9223372036854775808"])
    }

    private mutating func members() -> String { list(1...3) { $0.member() }.joined(separator: " ") }

    private mutating func write() -> String {
        let value = "v\(Int.random(in: 1...3, using: &random))"
        switch Int.random(in: 0..<22, using: &random) {
        case 0..<4: return "MSET \(key(.string)) \(value) \(key(.string)) \(value)"
        case 4..<8: return bitfield()
        case 8..<11: return "HSET \(key(.hash)) \(member()) \(value) \(member()) \(value)"
        case 11: return "HDEL \(key(.hash)) \(members())"
        case 12..<14: return "SADD \(key(.set)) \(members())"
        case 14: return "SREM \(key(.set)) \(members())"
        case 15..<17:
            return "ZADD \(key(.sortedSet)) \(random.pick(["1", "2", "3", "2.5", "-0.1", "1e20"])) \(member())"
        case 17: return "DEL \(key(.string)) \(key(random.pick(Kind.allCases)))"
        case 18: return "PUBLISH changes \(value)"
        case 19:
            return "SET \(key(.string)) \(value) \(random.pick(["NX", "XX", "NX PX 100000", "px 90000", "KEEPTTL"]))"
        default: return "SET \(key(.string)) \(value)"
        }
    }

    private mutating func bitfield() -> String {
        let overflow = random.pick([
            "OVERFLOW FAIL", "OVERFLOW FAIL", "OVERFLOW FAIL", "", "overflow sat", "OVERFLOW WRAP",
        ])
        let operations = list(1...3) { commands in
            let type = commands.random.pick(["i64", "i32", "u32", "u63", "i5", "u8", "u1"])
            let place = Int.random(in: 0...5, using: &commands.random)
            let offset = commands.random.pick(["\(place * 96)", "\(place * 96 + 64)", "#\(place)", "\(place * 7)"])
            switch Int.random(in: 0..<8, using: &commands.random) {
            case 0: return "GET \(type) \(offset)"
            // No Int64.min: Redis saturates it to the largest number, and the program never does this.
            case 1: return "SET \(type) \(offset) \(commands.random.pick(["0", "-1", "7", "-100", "12345"]))"
            default: return "INCRBY \(type) \(offset) \(commands.number())"
            }
        }
        return "BITFIELD \(key(.tally)) \(overflow) \(operations.joined(separator: " "))"
    }

    private mutating func read() -> String {
        switch Int.random(in: 0..<19, using: &random) {
        case 0: return "GET \(key(.string))"
        case 1: return "MGET \(key(.string)) \(key(.tally)) \(key(.hash))"
        case 2, 3:
            let ends = (0..<2).map { _ in Int.random(in: -80...80, using: &random) }
            return "GETRANGE \(key(.tally)) \(ends[0]) \(ends[1])"
        case 4: return "HGET \(key(.hash)) \(member())"
        case 5: return "HMGET \(key(.hash)) \(members())"
        case 6: return "HGETALL \(key(.hash))"
        case 7: return "HKEYS \(key(.hash))"
        case 8: return "HEXISTS \(key(.hash)) \(member())"
        case 9: return "HLEN \(key(.hash))"
        case 10: return "SMEMBERS \(key(.set))"
        case 11: return "SISMEMBER \(key(.set)) \(member())"
        case 12: return "SRANDMEMBER \(key(.set)) \(random.pick(["", "0", "2", "-3", "x"]))"
        case 13: return "ZSCORE \(key(.sortedSet)) \(member())"
        case 14: return "EXISTS \(key(.string)) \(key(.hash)) \(key(.set))"
        case 15: return "HSCAN \(key(.hash)) 0 COUNT 1000"
        case 16: return "SCAN 0 COUNT 1000 \(random.pick(["", "MATCH *1", "MATCH s?t*", "TYPE hash", "TYPE zset"]))"
        default:
            let first = random.pick(["-inf", "(1", "2", "(2.5", "x", "(-inf"])
            let options = random.pick(["", "WITHSCORES", "WITHSCORES LIMIT 0 2", "LIMIT 1 -1", "LIMIT -1 3", "LIMIT 1"])
            return "ZRANGEBYSCORE \(key(.sortedSet)) \(first) \(random.pick(["+inf", "3", "(3"])) \(options)"
        }
    }

    private mutating func serverCommand() -> String {
        random.pick([
            "FLUSHALL", "FLUSHDB", "FLUSHDB ASYNC", "SELECT 0", "SELECT 1", "SELECT 2", "SWAPDB 0 1", "SWAPDB 1 2",
            "SWAPDB 1 1", "DBSIZE", "PING", "PING hello", "ROLE", "CLIENT SETNAME me", "CLIENT GETNAME",
        ])
    }

    private mutating func strange() -> String {
        random.pick([
            "NOTHING a b", "notEither", "GET", "get string1", "SET string1", "SET string1 v NX XX",
            "SET string1 v PX 0",
            "SET string1 v PX x", "SET string1 v PX", "MSET string1 a string2", "HSET hash1 a", "HSET hash1 a 1 b",
            "BITFIELD tally1", "BITFIELD tally1 INCRBY i65 0 1", "BITFIELD tally1 INCRBY u64 0 1",
            "BITFIELD tally1 INCRBY i8 -1 1", "BITFIELD tally1 INCRBY i8 0 x", "BITFIELD tally1 OVERFLOW NEVER",
            "BITFIELD tally1 INCRBY i8", "BITFIELD tally1 GET u8 99999", "BITFIELD hash1 GET u8 0", "ZADD zset x m",
            "ZADD sortedSet1 1 a 2", "GETRANGE tally1 a 1", "SELECT 16", "SELECT x", "SWAPDB x 0", "SWAPDB 0 y",
            "SWAPDB 0 16", "SCAN x", "SCAN 0 NEVER", "SCAN 0 COUNT 0", "FLUSHALL NEVER", "PING a b", "CLIENT",
            "CLIENT NEVER", "CLIENT ID 1", "SRANDMEMBER set1 1 2", "EXEC now", "WATCH", "MULTI again", "SET string1 01",
            "SREM set1",
        ])
    }
}
