package import Redis

/// A Redis 7.0 in memory, fast enough for hundreds of thousands of schedules. It answers the commands of this program as
/// Redis does, immediately and deterministically.
///
/// It is a value: a copy is a snapshot, and costs little until one of the two is changed.
package struct SimulatedRedis: Sendable {
    /// Identifies a connection; never reused.
    package typealias ConnectionID = Int

    /// The state that `INFO` and `ROLE` report and that makes it refuse commands.
    package var server = ServerState()
    /// Changes with every restart.
    package private(set) var runID: String
    /// The clock for times to live, in milliseconds.
    package private(set) var clock: Int64 = 0

    var keyspace = Keyspace()
    private var connections: [Connection] = []
    private var lastConnection = 0
    private let seed: UInt64
    private var starts: UInt64 = 0

    /// An empty Redis. Different seeds give different run ids.
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

    /// Closes a connection, with its transaction and its watches.
    package mutating func close(_ connection: ConnectionID) {
        connections.removeAll { $0.id == connection }
    }

    /// Whether a connection is open.
    package func isOpen(_ connection: ConnectionID) -> Bool {
        connections.contains { $0.id == connection }
    }

    /// Executes commands of a pipeline, with no other commands between them.
    ///
    /// - Parameters:
    ///   - start: the number of its commands that were executed before.
    ///   - limit: the maximum number of commands to execute. The caller executes the others later, or closes the
    ///     connection.
    /// - Throws: ``RedisError/connectionClosed(_:)`` when the connection is not open.
    package mutating func run(
        _ pipeline: RedisPipeline,
        on connection: ConnectionID,
        after start: Int = 0,
        first limit: Int = .max
    ) throws(RedisError) -> [RedisValue] {
        guard let place = connections.firstIndex(where: { $0.id == connection }) else {
            throw .connectionClosed("the simulated Redis has no such connection")
        }
        // Taken out of the array so that its contents are changed in place.
        var state = Connection(id: connection)
        swap(&state, &connections[place])
        let replies = pipeline.withUnsafeWireBytes { bytes in
            var replies: [RedisValue] = []
            replies.reserveCapacity(min(pipeline.count - start, limit))
            var request = Request(bytes)
            for _ in 0..<start { _ = request.next() }
            while replies.count < limit, request.next() { replies.append(reply(to: request, &state)) }
            return replies
        }
        swap(&state, &connections[place])
        return replies
    }

    /// Restarts with the data of a snapshot, which may be older or of another server. All connections are closed. The
    /// settings, role and clock stay.
    package mutating func restart(keeping snapshot: SimulatedRedis) {
        keyspace = snapshot.keyspace
        keyspace.expire(at: clock)
        connections = []
        server.rewrite = .none
        starts += 1
        runID = Self.runID(seed: seed, start: starts)
    }

    /// Takes the data of another server, as a replica does. Connections stay open, and every key that existed before or
    /// exists now counts as changed. The run id stays.
    package mutating func load(_ other: SimulatedRedis) {
        keyspace.replace(with: other.keyspace)
        keyspace.expire(at: clock)
    }

    /// Advances the clock. Expired keys are deleted immediately; Redis may delete them later, on access.
    package mutating func advanceClock(milliseconds: Int64) {
        clock += milliseconds
        keyspace.expire(at: clock)
    }

    private static func runID(seed: UInt64, start: UInt64) -> String {
        let digits = String(seed, radix: 16) + "0" + String(start, radix: 16)
        return String(repeating: "f", count: max(0, 40 - digits.count)) + digits
    }
}
