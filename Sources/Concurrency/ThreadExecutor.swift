internal import Foundation

/// A thread as the executor of an actor whose calls block, such as those of librdkafka: they must not run on Swift's
/// cooperative pool.
package final class ThreadExecutor: SerialExecutor {
    private let state = NSCondition()
    // Guarded by `state`: every access is between its lock and unlock.
    nonisolated(unsafe) private var jobs: [UnownedJob] = []
    nonisolated(unsafe) private var isFinished = false

    /// - Parameter name: what `top` and debuggers show; Linux keeps the first 15 bytes.
    package init(name: String) {
        let thread = Thread { [self] in runJobs() }
        thread.name = name
        thread.stackSize = 4 << 20
        thread.start()
    }

    /// Adds a job of the actor.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.lock()
        jobs.append(job)
        state.signal()
        state.unlock()
    }

    /// Ends the thread after the jobs that are enqueued. Call it when the actor is not used any more.
    package func finish() {
        state.lock()
        isFinished = true
        state.signal()
        state.unlock()
    }

    private func runJobs() {
        while true {
            state.lock()
            while jobs.isEmpty, !isFinished { state.wait() }
            let ready = jobs
            jobs.removeAll(keepingCapacity: true)
            let ends = ready.isEmpty
            state.unlock()
            if ends { return }
            for job in ready { job.runSynchronously(on: asUnownedSerialExecutor()) }
        }
    }
}
