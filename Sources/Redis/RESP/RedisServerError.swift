/// An error reply of Redis: it refused the command, and the connection stays usable.
public struct RedisServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The whole line from Redis, such as `WRONGTYPE Operation against a key…`. One string keeps ``RedisValue`` small.
    /// For a transaction that was discarded because `EXEC` itself was refused, only the reason that Redis gives.
    public let description: String

    /// - Parameter line: the reply without its leading `-`.
    public init(_ line: String) {
        guard line.hasPrefix(Self.discarded) else {
            description = line
            return
        }
        let reason = String(line.dropFirst(Self.discarded.count))
        // Redis leaves out the code where it is ERR.
        let hasCode = reason.prefix { $0 != " " }.allSatisfy { ("A"..."Z").contains($0) }
        description = hasCode ? reason : "ERR \(reason)"
    }

    private static let discarded = "EXECABORT Transaction discarded because of: "

    /// The first word, such as `ERR`, `WRONGTYPE`, `NOAUTH`, `EXECABORT`, `OOM`, `READONLY`.
    public var code: String {
        String(description.prefix { $0 != " " })
    }

    /// Whether the same command may succeed later although nobody changed anything: the server loads its data, runs a
    /// script, has lost its primary or too many replicas, has no memory or no disk left, or serves too many clients.
    public var isTransient: Bool {
        Self.transient.contains(code) || (code == "ERR" && message.hasPrefix("max number of clients"))
    }

    private static let transient: Set<String> = [
        "LOADING", "BUSY", "OOM", "READONLY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "MISCONF", "NOREPLICAS",
    ]

    /// What a person must correct; nil where the reply says enough.
    public var remedy: String? {
        switch code {
        case "WRONGPASS": "check the user name and the password in the Redis URL"
        case "NOAUTH": "this Redis wants a password: put it into the Redis URL"
        case "NOPERM": "give the user of the Redis URL (`default` if it names none) this right"
        case "DENIED": "this Redis accepts no connections from other machines: see its protected-mode"
        case "ERR" where message.contains("DB index"):
            "this Redis has no database of that number: correct it in the Redis URL, or raise `databases`"
        case "ERR" where message.contains("without any password configured"):
            "this Redis has no password: remove it from the Redis URL"
        case "ERR" where message.contains("invalid password"): "check the password in the Redis URL"
        default: nil
        }
    }

    /// The text after the code.
    public var message: String {
        String(description.drop { $0 != " " }.dropFirst())
    }
}
