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

    /// Executes the rest of the pipeline in transit, or a part of it: Redis may execute commands of other clients between
    /// those of a pipeline.
    private func execute(_ number: Int) {
        guard let connection = connections[number], var request = connection.requests.first else { return }
        let count = random.chance(100) ? Int.random(in: 1...request.rest, using: &random) : request.rest
        do throws(RedisError) {
            try run(count, of: &request, on: connection)
        } catch {
            close(number)
            return
        }
        if request.rest > 0 {
            connections[number]?.requests[0] = request
        } else {
            connections[number]?.requests.removeFirst()
            connections[number]?.replies.append((request.values, request.completion))
        }
    }

    private func run(_ count: Int, of request: inout Request, on connection: Connection) throws(RedisError) {
        let executed = request.values.count
        let commands = executed..<executed + count
        noteTransaction(request.pipeline, commands, on: connection.server)
        request.values += try servers[connection.server].run(
            request.pipeline,
            on: connection.id,
            after: executed,
            first: count
        )
        finishLoading(after: request.pipeline, commands, on: connection.server)
    }

    /// Sometimes Redis finishes loading its data just after it has said that it is loading.
    private func finishLoading(after pipeline: RedisPipeline, _ commands: Range<Int>, on server: Int) {
        guard servers[server].server.isLoading, pipeline.commandNames[commands].contains("INFO") else { return }
        if random.chance(500) { servers[server].server.isLoading = false }
    }

    /// Executes only the first commands of the pipeline in transit, and closes the connection.
    func breakOff(_ number: Int) {
        guard let connection = connections[number] else { return }
        if var request = connection.requests.first {
            let count = Int.random(in: 0...request.rest, using: &random)
            record(
                "connection \(number) of worker \(connection.worker) breaks after \(request.values.count + count) of "
                    + "\(request.pipeline.count) commands"
            )
            try? run(count, of: &request, on: connection)
        } else {
            record("connection \(number) of worker \(connection.worker) is cut")
        }
        close(number)
        settle()
    }

    private func answer(_ number: Int) {
        guard let (values, completion) = connections[number]?.replies.removeFirst() else { return }
        completion.complete(.success(RedisReplies(values)))
    }

    /// Remembers the transaction that these commands of the pipeline end.
    private func noteTransaction(_ pipeline: RedisPipeline, _ commands: Range<Int>, on server: Int) {
        guard servers[server].server.appendOnly, !servers[server].server.isLoading else { return }
        let names = pipeline.commandNames
        guard names.first == "MULTI", let end = names.firstIndex(of: "EXEC"), commands.contains(end),
            !Set(names).isDisjoint(with: ["MSET", "SET", "HSET", "HDEL", "DEL"])
        else { return }
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
