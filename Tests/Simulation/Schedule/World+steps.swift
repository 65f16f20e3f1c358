import Concurrency
import Ledger
import Log
import Model
import Redis
import SalesRules

extension World {
    /// A possible next step.
    private enum Step {
        case execute(connection: Int)
        case answer(connection: Int)
        case resume(place: Int)
        case finishRewrite(server: Int)
        case finishLoading(server: Int)
    }

    /// Restarts workers that ended because Redis was unfit at that moment, as a service manager does.
    /// - Returns: a line about a worker that ended for another reason.
    func restartEnded() -> String? {
        while let (number, error) = ended.popLast() {
            guard workers[number] != nil else { continue }
            switch error {
            case LedgerError.unfit, LedgerError.replica:
                kill(number)
                startWorker()
                rebalance(among: workers.keys.sorted())
            default: return "worker \(number) gave up: \(error)"
            }
        }
        return nil
    }

    /// Performs one random step; false when none is possible.
    func step() -> Bool {
        var steps: [Step] = []
        for number in connections.keys.sorted() {
            guard let connection = connections[number], workers[connection.worker]?.paused == 0 else { continue }
            if !connection.requests.isEmpty { steps.append(.execute(connection: number)) }
            if !connection.replies.isEmpty { steps.append(.answer(connection: number)) }
        }
        for (place, waiting) in suspendedLanes.enumerated() where workers[waiting.worker]?.paused == 0 {
            steps.append(.resume(place: place))
        }
        for (place, server) in servers.enumerated() where server.server.rewrite == .inProgress {
            steps.append(.finishRewrite(server: place))
        }
        for (place, server) in servers.enumerated() where server.server.isLoading {
            steps.append(.finishLoading(server: place))
        }
        for (number, worker) in workers where worker.paused > 0 { workers[number]?.paused = worker.paused - 1 }
        if !lateRecords.isEmpty, random.chance(20) { writeLateRecord() }
        if steps.isEmpty { return false }
        switch random.pick(steps) {
        case .execute(let number): execute(number)
        case .answer(let number): answer(number)
        case .resume(let place):
            now += .milliseconds(100)
            suspendedLanes.remove(at: place).continuation.resume()
        case .finishRewrite(let server):
            servers[server].server.rewrite = .none
            if torn?.server == server { torn = nil }
        case .finishLoading(let server): servers[server].server.isLoading = false
        }
        settle()
        return true
    }

    /// A line about a lane that reads further ahead than its pipeline needs, and so without bound.
    var readAhead: String? {
        for (number, worker) in workers where worker.consumer.unapplied > 4 * worker.batchSize + 8 {
            return "worker \(number) has read \(worker.consumer.unapplied) records that are not applied, in batches of "
                + "\(worker.batchSize)"
        }
        return nil
    }

    private func execute(_ number: Int) {
        guard let (pipeline, completion) = connections[number]?.requests.removeFirst() else { return }
        guard let connection = connections[number] else { return }
        noteTransaction(pipeline, on: connection.server)
        do throws(RedisError) {
            let values = try servers[connection.server].run(pipeline, on: connection.id)
            connections[number]?.replies.append((values, completion))
        } catch {
            completion.complete(.failure(error))
            close(number)
        }
    }

    /// Executes only the first commands of the pipeline in transit, and closes the connection.
    func breakOff(_ number: Int) {
        guard let connection = connections[number] else { return }
        if let (pipeline, _) = connection.requests.first {
            let count = Int.random(in: 0...pipeline.count, using: &random)
            record(
                "connection \(number) of worker \(connection.worker) breaks after \(count) of \(pipeline.count) commands"
            )
            _ = try? servers[connection.server].run(pipeline, on: connection.id, first: count)
        } else {
            record("connection \(number) of worker \(connection.worker) is cut")
        }
        close(number)
        settle()
    }

    private func answer(_ number: Int) {
        guard let (values, completion) = connections[number]?.replies.removeFirst() else { return }
        completion.complete(.success(values))
    }

    private func noteTransaction(_ pipeline: RedisPipeline, on server: Int) {
        guard servers[server].server.appendOnly, !servers[server].server.isLoading else { return }
        let names = pipeline.commandNames
        guard names.first == "MULTI", !Set(names).isDisjoint(with: ["MSET", "SET", "HSET", "HDEL", "DEL"]) else {
            return
        }
        latestTransaction = pipeline
        if torn?.server == server { torn?.isFollowed = true }
    }

    /// Assigns all partitions to these workers. A hanging worker notices it later.
    func rebalance(among members: [Int]) {
        if members.isEmpty { return }
        var shares: [Int: [TopicPartition]] = [:]
        for partition in log.names { shares[random.pick(members), default: []].append(partition) }
        for member in members { workers[member]?.consumer.give(shares[member] ?? []) }
    }
}
