import Synchronization

/// Runs tasks and actors only in ``run()``, on the thread of the caller, in the order in which they became ready. So the
/// schedule alone decides the order of execution.
package final class ManualExecutor: SerialExecutor {
    private enum Ready {
        case ofActor(UnownedJob)
        case ofTask(UnownedJob)
    }

    private let ready = Mutex<[Ready]>([])
    /// Runs tasks that are on no actor.
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

    /// Runs all ready jobs, including those that become ready meanwhile, until none is left.
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

    /// The executor for tasks: `Task(executorPreference:)`.
    package final class Pool: TaskExecutor {
        fileprivate let owner = Mutex<ManualExecutor?>(nil)

        package func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            owner.withLock { owner in owner?.ready.withLock { $0.append(.ofTask(job)) } }
        }

        /// Breaks the reference cycle between the two executors.
        package func end() { owner.withLock { $0 = nil } }
    }
}
