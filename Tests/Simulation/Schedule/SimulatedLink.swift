import Concurrency
import Ledger
import Redis

/// A lane's connection to the simulated Redis. Each pipeline waits until the schedule executes it.
final class SimulatedLink: PostingLink {
    private let world: World
    private let number: Int

    init(_ world: World, number: Int) {
        self.world = world
        self.number = number
    }

    func send(_ pipeline: RedisPipeline) async throws(RedisError) -> RedisReplies {
        try await submit(pipeline).value()
    }

    func submit(_ pipeline: RedisPipeline) -> PendingReplies {
        let completion = RedisCompletion<RedisReplies>()
        world.send(pipeline, completion, over: number)
        return PendingReplies(completion)
    }

    func closeNow() { world.close(number) }
}
