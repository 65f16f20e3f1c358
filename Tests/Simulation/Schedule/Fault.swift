import Model
import Redis
import SalesRules

/// A fault in a schedule.
package enum Fault: CaseIterable, Sendable {
    /// A worker is killed and another one is started.
    case killedWorker
    /// A worker hangs until other workers get its partitions, and then continues.
    case zombie
    /// A worker hangs for a moment and keeps its partitions, and what it remembers, while others go on.
    case pause
    /// The group assigns its partitions again.
    case rebalance
    /// A connection breaks while a pipeline is being sent.
    case brokenConnection
    /// Redis restarts with all its data.
    case restart
    /// Redis restarts from an older snapshot.
    case olderRedis
    /// Redis stops while it writes a transaction to its append-only file, and restarts.
    case tornFile
    /// An operator empties Redis.
    case flush
    /// A replica, which may be behind, becomes the primary.
    case failover
    /// New connections lead to the former primary again.
    case formerPrimary
    /// The primary becomes a replica, or a primary again.
    case demotion
    /// The primary becomes a replica of an older copy of itself, takes its data, and is made primary again. Its run id
    /// stays, and connections may stay open.
    case failBack
}

extension World {
    /// Causes a fault.
    func cause(_ fault: Fault) {
        record("\(fault)")
        switch fault {
        case .killedWorker:
            kill(random.pick(workers.keys.sorted()))
            startWorker()
            rebalance(among: workers.keys.sorted())
        case .zombie:
            let number = random.pick(workers.keys.sorted())
            pause(number)
            rebalance(among: workers.keys.sorted().filter { $0 != number })
        case .pause: pause(random.pick(workers.keys.sorted()))
        case .rebalance: rebalance(among: workers.keys.sorted())
        case .brokenConnection:
            if !connections.isEmpty { breakOff(random.pick(connections.keys.sorted())) }
        case .restart: restart(keeping: servers[primary])
        case .olderRedis: restart(keeping: random.pick(snapshots))
        case .tornFile: tear()
        case .flush:
            let id = servers[primary].connect()
            _ = try? servers[primary].run(RedisPipeline(RedisCommand("FLUSHALL")), on: id)
            servers[primary].close(id)
            settle()
        case .failover:
            let other = 1 - primary
            servers[other].restart(keeping: random.chance(500) ? servers[primary] : random.pick(snapshots))
            servers[other].server.role = .primary
            closeConnections(to: other)
            primary = other
        case .formerPrimary: primary = 1 - primary
        case .demotion: servers[primary].server.role = servers[primary].server.role == .primary ? .replica : .primary
        case .failBack:
            servers[primary].load(random.pick(snapshots))
            // Redis rewrites its append-only file after it has taken the data.
            if torn?.server == primary { torn = nil }
            if random.chance(300) { closeConnections(to: primary) }
            if random.chance(500) { pause(random.pick(workers.keys.sorted())) }
        }
    }

    private func pause(_ worker: Int) { workers[worker]?.paused = Int.random(in: 20...200, using: &random) }

    private func restart(keeping snapshot: SimulatedRedis) {
        servers[primary].restart(keeping: snapshot)
        if let torn, torn.server == primary {
            // The half that is still in the file is applied together with the transactions after it.
            self.torn = nil
            if torn.isFollowed { applyHalf(torn.pipeline, commands: torn.commands) }
        }
        servers[primary].server.isLoading = random.chance(500)
        closeConnections(to: primary)
    }

    /// Cuts the file inside the latest transaction. Redis does not load the half transaction, but it stays in the file.
    private func tear() {
        guard servers[primary].server.appendOnly, let pipeline = latestTransaction, let snapshot = snapshots.last else {
            return
        }
        restart(keeping: snapshot)
        let commands = Int.random(in: 1..<max(2, pipeline.count - 1), using: &random)
        torn = TornTransaction(server: primary, pipeline: pipeline, commands: commands)
    }

    private func applyHalf(_ pipeline: RedisPipeline, commands: Int) {
        let id = servers[primary].connect()
        _ = try? servers[primary].run(pipeline, on: id, first: commands)
        _ = try? servers[primary].run(RedisPipeline(RedisCommand("EXEC")), on: id)
        servers[primary].close(id)
    }

    func closeConnections(to server: Int) {
        for number in connections.keys.sorted() where connections[number]?.server == server { close(number) }
        settle()
    }

    /// Ends all faults: the primary accepts writes, all connections lead to it, and no worker hangs.
    func endFaults() {
        servers[primary].server.role = .primary
        servers[primary].server.isLoading = false
        closeConnections(to: 1 - primary)
        for number in workers.keys { workers[number]?.paused = 0 }
        while !lateRecords.isEmpty { writeLateRecord() }
        // Only sometimes: a rebalance would hide partitions that a worker has forgotten.
        if random.chance(300) { rebalance(among: workers.keys.sorted()) }
    }
}
