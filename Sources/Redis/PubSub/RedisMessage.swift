/// A message of a Redis channel.
public struct RedisMessage: Sendable, Hashable {
    /// The channel it was published on.
    public let channel: String
    /// The published bytes.
    public let payload: [UInt8]

    /// A message with this payload.
    public init(channel: String, payload: [UInt8]) {
        self.channel = channel
        self.payload = payload
    }

    /// Nil if `value` is the reply to a command: a subscribed connection receives both (RESP2).
    init?(_ value: RedisValue) {
        guard case .array(let parts) = value, parts.count == 3, parts[0] == .bytes(Self.kind),
            let channel = parts[1].string, case .bytes(let payload) = parts[2]
        else { return nil }
        self.init(channel: channel, payload: payload)
    }

    private static let kind = Array("message".utf8)
}
