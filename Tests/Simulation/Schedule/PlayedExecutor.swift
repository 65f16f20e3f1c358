import Synchronization

/// Runs tasks and actors when it is told to, on the thread that tells it, in the order in which they became ready: so
/// that nothing but the schedule decides what happens when.
package final class PlayedExecutor: SerialExecutor {
    private enum Ready {
        case ofActor(UnownedJob)
        case ofTask(UnownedJob)
    }

    private let ready = Mutex<[Ready]>([])
    /// Runs what is on no actor.
    package let pool: Pool

    /// An executor with nothing to run.
    package init() {
        pool = Pool()
        pool.owner.withLock { $0 = self }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        ready.withLock { $0.append(.ofActor(job)) }
    }

    /// Runs what is ready, and what becomes ready by it, until nothing is.
    package func run() {
        while true {
            let jobs = ready.withLock { ready in
                defer { ready.removeAll(keepingCapacity: true) }
                return ready
            }
            if jobs.isEmpty { return }
            for job in jobs {
                switch job {
                case .ofActor(let job): job.runSynchronously(on: asUnownedSerialExecutor())
                case .ofTask(let job): job.runSynchronously(on: pool.asUnownedTaskExecutor())
                }
            }
        }
    }

    /// The same for tasks: `Task(executorPreference:)`.
    package final class Pool: TaskExecutor {
        fileprivate let owner = Mutex<PlayedExecutor?>(nil)

        package func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            owner.withLock { owner in owner?.ready.withLock { $0.append(.ofTask(job)) } }
        }

        /// Breaks the cycle between the two.
        package func end() { owner.withLock { $0 = nil } }
    }
}
