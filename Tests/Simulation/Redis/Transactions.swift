internal import Redis

/// The state of a connection in Redis.
struct Connection: Sendable {
    let id: SimulatedRedis.ConnectionID
    /// The selected database.
    var database = 0
    /// The name from `CLIENT SETNAME`.
    var name: [UInt8] = []
    fileprivate var watches: [Watch] = []
    fileprivate var transaction: Transaction?

    fileprivate struct Watch: Sendable {
        let database: Int
        let key: Int
        let version: UInt64
    }

    fileprivate struct Transaction: Sendable {
        /// The queued commands in RESP.
        var queue: [UInt8] = []
        var count = 0
        var hasWrite = false
        var needsMemory = false
        /// Whether a command was refused when it was queued, so that `EXEC` will be refused too.
        var isAborted = false
    }

    init(id: SimulatedRedis.ConnectionID) { self.id = id }
}

extension SimulatedRedis {
    /// Answers one command: refuses, queues or executes it.
    mutating func reply(to request: Request, _ connection: inout Connection) -> RedisValue {
        guard let command = Command.named(request[0]) else {
            connection.transaction?.isAborted = true
            return Refusal.unknown(request).reply
        }
        if let refusal = refusal(of: command, request, connection) {
            if command == .exec {
                connection.endTransaction()
                let isPlain = refusal.line.hasPrefix("ERR ")
                let reason = isPlain ? String(refusal.line.dropFirst(4)) : refusal.line
                return Refusal("EXECABORT Transaction discarded because of: \(reason)").reply
            }
            connection.transaction?.isAborted = true
            return refusal.reply
        }
        if connection.transaction != nil, !command.controlsTransaction {
            connection.queue(command, request)
            return .status("QUEUED")
        }
        switch command {
        case .multi: return connection.begin()
        case .exec: return execute(&connection)
        case .discard:
            guard connection.transaction != nil else { return Refusal("ERR DISCARD without MULTI").reply }
            connection.endTransaction()
            return .ok
        case .watch: return watch(request, &connection)
        default: return execute(command, request, &connection)
        }
    }

    /// The reason to refuse a command before it is executed or queued; in the order of the checks in Redis.
    private func refusal(of command: Command, _ request: Request, _ connection: Connection) -> Refusal? {
        guard command.takes(request.count) else { return .argumentCount(command.rawValue) }
        if command == .client, let refusal = Self.refusalOfClient(request) { return refusal }
        guard server.refusesSome else { return nil }
        let isExec = command == .exec
        if server.isOutOfMemory {
            let isQueued = connection.transaction != nil && !command.controlsTransaction
            let needsMemory = command.needsMemory || isQueued || isExec && connection.transaction?.needsMemory == true
            if needsMemory { return .outOfMemory }
        }
        if server.role == .replica, command.isWrite || isExec && connection.transaction?.hasWrite == true {
            return .readOnly
        }
        if server.isLoading, command.needsData { return .loading }
        return nil
    }

    private mutating func watch(_ request: Request, _ connection: inout Connection) -> RedisValue {
        if connection.transaction != nil { return Refusal("ERR WATCH inside MULTI is not allowed").reply }
        let database = connection.database
        connection.watches.reserveCapacity(connection.watches.count + request.count)
        for place in 1..<request.count {
            // A repeated WATCH keeps the earlier version in the list, so a change since the first WATCH still counts.
            let key = keyspace.key(request[place], in: database)
            let version = keyspace.version(key, in: database)
            connection.watches.append(Connection.Watch(database: database, key: key, version: version))
        }
        return .ok
    }

    private mutating func execute(_ connection: inout Connection) -> RedisValue {
        guard let transaction = connection.transaction else { return Refusal("ERR EXEC without MULTI").reply }
        let isUntouched = connection.watches.allSatisfy { keyspace.version($0.key, in: $0.database) == $0.version }
        connection.endTransaction()
        if transaction.isAborted {
            return Refusal("EXECABORT Transaction discarded because of previous errors.").reply
        }
        guard isUntouched else { return .null }
        return transaction.queue.withUnsafeBytes { bytes in
            var replies: [RedisValue] = []
            replies.reserveCapacity(transaction.count)
            var request = Request(bytes)
            while request.next() {
                guard let command = Command.named(request[0]) else { fatalError("an unknown command was queued") }
                replies.append(execute(command, request, &connection))
            }
            return .array(replies)
        }
    }
}

extension Connection {
    fileprivate mutating func begin() -> RedisValue {
        if transaction != nil { return Refusal("ERR MULTI calls can not be nested").reply }
        transaction = Transaction()
        return .ok
    }

    fileprivate mutating func queue(_ command: Command, _ request: Request) {
        transaction?.queue.append(contentsOf: request.wireBytes)
        transaction?.count += 1
        if command.isWrite { transaction?.hasWrite = true }
        if command.needsMemory { transaction?.needsMemory = true }
    }

    fileprivate mutating func endTransaction() {
        transaction = nil
        unwatch()
    }

    /// Removes all watches of the connection.
    mutating func unwatch() {
        watches.removeAll(keepingCapacity: true)
    }
}
