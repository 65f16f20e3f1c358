package import Redis

/// A Redis 7.0 in memory, for schedules that are played through by the hundred thousand: it answers the commands of
/// this program as Redis does, at once and always the same.
///
/// It is a value: a copy of it is a snapshot, and costs little until either is written to.
package struct SimulatedRedis: Sendable {
    /// What a connection is called; never used again for another one.
    package typealias ConnectionID = Int

    /// What `INFO` and `ROLE` tell, and what makes it refuse commands.
    package var server = ServerState()
    /// Changes whenever it starts anew.
    package private(set) var runID: String
    /// In milliseconds: what times to live are measured by.
    package private(set) var clock: Int64 = 0

    var keyspace = Keyspace()
    private var connections: [Connection] = []
    private var lastConnection = 0
    private let seed: UInt64
    private var starts: UInt64 = 0

    /// An empty one, that runs for the first time. Others have another seed, and so other run ids.
    package init(seed: UInt64 = 0) {
        self.seed = seed
        runID = Self.runID(seed: seed, start: 0)
    }

    /// Opens a connection.
    package mutating func connect() -> ConnectionID {
        lastConnection += 1
        connections.append(Connection(id: lastConnection))
        return lastConnection
    }

    /// Closes a connection: its transaction and its watches are gone.
    package mutating func close(_ connection: ConnectionID) {
        connections.removeAll { $0.id == connection }
    }

    /// Whether a connection is open.
    package func isOpen(_ connection: ConnectionID) -> Bool {
        connections.contains { $0.id == connection }
    }

    /// Executes all commands of a pipeline, and nobody else's between them.
    ///
    /// - Parameter limit: executes so many of them at most: a connection that breaks half-way has sent the first ones
    ///   and never sends the rest. Close it afterwards, and keep the replies to yourself.
    /// - Throws: ``RedisError/connectionClosed(_:)`` when the connection is not open.
    package mutating func run(
        _ pipeline: RedisPipeline,
        on connection: ConnectionID,
        first limit: Int = .max
    ) throws(RedisError) -> [RedisValue] {
        guard let place = connections.firstIndex(where: { $0.id == connection }) else {
            throw .connectionClosed("the simulated Redis has no such connection")
        }
        // Taken out, so that what it holds is changed in place.
        var state = Connection(id: connection)
        swap(&state, &connections[place])
        let replies = pipeline.withUnsafeWireBytes { bytes in
            var replies: [RedisValue] = []
            replies.reserveCapacity(min(pipeline.count, limit))
            var request = Request(bytes)
            while replies.count < limit, request.next() { replies.append(reply(to: request, &state)) }
            return replies
        }
        swap(&state, &connections[place])
        return replies
    }

    /// Ends, and starts again with the data of a snapshot, be it an older one or another server's. All connections are
    /// gone; its settings, role and clock stay.
    package mutating func restart(keeping snapshot: SimulatedRedis) {
        keyspace = snapshot.keyspace
        keyspace.expire(at: clock)
        connections = []
        server.rewrite = .none
        starts += 1
        runID = Self.runID(seed: seed, start: starts)
    }

    /// Lets time pass. What expires is deleted at once, where Redis waits until somebody looks.
    package mutating func advanceClock(milliseconds: Int64) {
        clock += milliseconds
        keyspace.expire(at: clock)
    }

    private static func runID(seed: UInt64, start: UInt64) -> String {
        let digits = String(seed, radix: 16) + "0" + String(start, radix: 16)
        return String(repeating: "f", count: max(0, 40 - digits.count)) + digits
    }
}
