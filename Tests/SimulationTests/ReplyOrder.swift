import Redis
import Simulation

/// Sorts replies without a defined order, so that they can be compared. It keeps the state of one connection, because the
/// replies to a transaction arrive with its EXEC.
struct ReplyOrder {
    private var queued: [String] = []
    /// The names of the commands in the last pipeline.
    private(set) var names: [String] = []

    mutating func sorted(_ replies: some Sequence<RedisValue>, of pipeline: RedisPipeline) -> [RedisValue] {
        names = pipeline.commandNames
        return zip(names, replies).map { name, reply in
            switch (name, reply) {
            case (_, .status("QUEUED")): queued.append(name)
            case ("EXEC", .array(let results)):
                defer { queued = [] }
                return .array(zip(queued, results).map { Self.sorted($1, of: $0) })
            case ("EXEC", _), ("DISCARD", _): queued = []
            default: return Self.sorted(reply, of: name)
            }
            return reply
        }
    }

    private static func sorted(_ reply: RedisValue, of name: String) -> RedisValue {
        guard case .array(let elements) = reply else {
            // Redis picks the member at random.
            if name == "SRANDMEMBER", case .bytes = reply { return .integer(1) }
            return reply
        }
        switch name {
        case "SMEMBERS", "HKEYS": return .array(elements.sorted { "\($0)" < "\($1)" })
        case "SRANDMEMBER": return .integer(Int64(elements.count))
        case "HGETALL": return pairs(elements)
        case "SCAN" where elements.count == 2: return .array([elements[0], sorted(elements[1], of: "SMEMBERS")])
        case "HSCAN" where elements.count == 2: return .array([elements[0], sorted(elements[1], of: "HGETALL")])
        default: return reply
        }
    }

    private static func pairs(_ elements: [RedisValue]) -> RedisValue {
        let pairs = stride(from: 0, to: elements.count - 1, by: 2).map {
            RedisValue.array([elements[$0], elements[$0 + 1]])
        }
        return .array(pairs.sorted { "\($0)" < "\($1)" })
    }
}
