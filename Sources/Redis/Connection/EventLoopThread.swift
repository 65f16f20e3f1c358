internal import NIOCore
internal import NIOPosix

/// A thread that runs an actor, the rest of the actor's task, and the actor's connections to Redis. Requests and replies
/// do not change threads.
///
/// The actor's calls may block, such as those of librdkafka, which must not run on Swift's cooperative pool. Its
/// connections are not served meanwhile, so a call must not block for long while a reply is awaited.
///
/// Give the task this thread as its preference: after a wait Swift resumes a task on its preferred executor, by default the
/// cooperative pool, and only then goes to the actor's. That is slower, not wrong.
package final class EventLoopThread: SerialExecutor, TaskExecutor {
    private let group: MultiThreadedEventLoopGroup
    private let eventLoop: any EventLoop

    /// Starts the thread.
    package init() {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        eventLoop = group.any()
    }

    /// Adds a job of the actor or of the task.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { [self] in
            // Both, so that a task that is resumed here is at once on the actor.
            job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        }
    }

    /// The same as ``RedisConnection/connect(to:timeouts:group:)``, on this thread.
    package func connect(
        to endpoint: RedisEndpoint,
        timeouts: RedisTimeouts = RedisTimeouts()
    ) async throws(RedisError) -> RedisConnection {
        try await RedisConnection.connect(to: endpoint, timeouts: timeouts, group: group)
    }

    /// Ends the thread, without waiting. Call it when the actor and the connections are not used any more.
    package func finish() {
        // Fails only if the thread has ended already.
        group.shutdownGracefully { _ in }
    }
}
