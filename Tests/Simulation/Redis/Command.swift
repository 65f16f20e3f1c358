/// The commands of the simulated Redis: all that the ledger, the worker and the server send.
enum Command: String, CaseIterable, Sendable {
    case bgrewriteaof = "BGREWRITEAOF"
    case bitfield = "BITFIELD"
    case client = "CLIENT"
    case dbsize = "DBSIZE"
    case del = "DEL"
    case discard = "DISCARD"
    case exec = "EXEC"
    case exists = "EXISTS"
    case flushall = "FLUSHALL"
    case flushdb = "FLUSHDB"
    case get = "GET"
    case getrange = "GETRANGE"
    case hdel = "HDEL"
    case hexists = "HEXISTS"
    case hget = "HGET"
    case hgetall = "HGETALL"
    case hkeys = "HKEYS"
    case hlen = "HLEN"
    case hmget = "HMGET"
    case hscan = "HSCAN"
    case hset = "HSET"
    case info = "INFO"
    case mget = "MGET"
    case mset = "MSET"
    case multi = "MULTI"
    case ping = "PING"
    case publish = "PUBLISH"
    case role = "ROLE"
    case sadd = "SADD"
    case scan = "SCAN"
    case select = "SELECT"
    case set = "SET"
    case sismember = "SISMEMBER"
    case smembers = "SMEMBERS"
    case srandmember = "SRANDMEMBER"
    case srem = "SREM"
    case swapdb = "SWAPDB"
    case unwatch = "UNWATCH"
    case watch = "WATCH"
    case zadd = "ZADD"
    case zrangebyscore = "ZRANGEBYSCORE"
    case zscore = "ZSCORE"

    private static let byName: ByteTable<Command> = {
        var table = ByteTable<Command>()
        for command in allCases {
            Array(command.rawValue.utf8).withUnsafeBytes { _ = table.place(of: $0, adding: command) }
        }
        return table
    }()

    /// The command with this name, in any case.
    static func named(_ name: UnsafeRawBufferPointer) -> Command? {
        if let place = byName.place(of: name) { return byName[place] }
        return name.map(\.uppercased).withUnsafeBytes { byName.place(of: $0) }.map { byName[$0] }
    }

    /// The number of arguments as Redis defines it, including the name; a negative number is a minimum.
    var arity: Int {
        switch self {
        case .bgrewriteaof, .dbsize, .discard, .exec, .multi, .role, .unwatch: 1
        case .get, .hgetall, .hkeys, .hlen, .select, .smembers: 2
        case .hexists, .hget, .publish, .sismember, .swapdb, .zscore: 3
        case .getrange: 4
        case .flushall, .flushdb, .info, .ping: -1
        case .bitfield, .client, .del, .exists, .mget, .scan, .srandmember, .watch: -2
        case .hdel, .hmget, .hscan, .mset, .sadd, .set, .srem: -3
        case .hset, .zadd, .zrangebyscore: -4
        }
    }

    func takes(_ count: Int) -> Bool { arity < 0 ? count >= -arity : count == arity }

    /// Whether a replica refuses the command.
    var isWrite: Bool {
        switch self {
        case .bitfield, .del, .flushall, .flushdb, .hdel, .hset, .mset, .sadd, .set, .srem, .swapdb, .zadd: true
        default: false
        }
    }

    /// Whether the command is refused when the memory is full.
    var needsMemory: Bool {
        switch self {
        case .bitfield, .hset, .mset, .sadd, .set, .zadd: true
        default: false
        }
    }

    /// Whether the command is refused while Redis loads its data.
    var needsData: Bool {
        switch self {
        case .client, .discard, .exec, .info, .multi, .publish, .role, .select, .unwatch, .watch: false
        default: true
        }
    }

    /// Whether the command controls a transaction, and so is never queued in one.
    var controlsTransaction: Bool {
        switch self {
        case .discard, .exec, .multi, .watch: true
        default: false
        }
    }
}
