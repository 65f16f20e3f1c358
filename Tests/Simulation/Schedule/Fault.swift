import Model
import Redis
import SalesRules

/// What goes wrong in a schedule.
package enum Fault: CaseIterable, Sendable {
    /// A worker is killed and another one started.
    case killedWorker
    /// A worker hangs for so long that others get its partitions, and then goes on as if nothing had been.
    case zombie
    /// The group deals its partitions anew.
    case rebalance
    /// A connection breaks in the middle of what is being sent.
    case brokenConnection
    /// Redis ends and comes back with all that it had.
    case restart
    /// Redis ends and comes back as it was some time ago.
    case olderRedis
    /// Redis ends in the middle of writing a transaction to its append-only file.
    case tornFile
    /// Somebody empties Redis.
    case flush
    /// A replica that is behind becomes the primary.
    case failover
    /// The former primary is taken for the primary again.
    case formerPrimary
    /// The primary is a replica for a while.
    case demotion
}

extension World {
    /// Lets something go wrong.
    func strike(_ fault: Fault) {
        tell("\(fault)")
        switch fault {
        case .killedWorker:
            kill(random.pick(workers.keys.sorted()))
            startWorker()
            rebalance(among: workers.keys.sorted())
        case .zombie:
            let number = random.pick(workers.keys.sorted())
            workers[number]?.paused = Int.random(in: 20...200, using: &random)
            rebalance(among: workers.keys.sorted().filter { $0 != number })
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
        }
    }

    private func restart(keeping snapshot: SimulatedRedis) {
        servers[primary].restart(keeping: snapshot)
        if let torn, torn.server == primary {
            // The half that stayed in the file is applied with what was written after it.
            self.torn = nil
            if torn.isFollowed { applyHalf(torn.pipeline, commands: torn.commands) }
        }
        servers[primary].server.isLoading = random.chance(500)
        closeConnections(to: primary)
    }

    /// The file ends within the latest transaction, which is not loaded, and stays in it.
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

    /// Nothing goes wrong any more: the primary is one, everyone is connected to it, and nobody hangs.
    func heal() {
        servers[primary].server.role = .primary
        servers[primary].server.isLoading = false
        closeConnections(to: 1 - primary)
        for number in workers.keys { workers[number]?.paused = 0 }
        // What a worker has forgotten would come back with the partitions.
        if random.chance(300) { rebalance(among: workers.keys.sorted()) }
    }
}
