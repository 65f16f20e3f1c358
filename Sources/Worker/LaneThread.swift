internal import Foundation

/// A thread of its own for one lane, as the executor of an actor: the blocking calls of librdkafka and of a wait for
/// Redis happen here, and never on Swift's cooperative pool.
final class LaneThread: SerialExecutor {
    private let state = NSCondition()
    // Guarded by `state`: every access is between its lock and unlock.
    nonisolated(unsafe) private var jobs: [UnownedJob] = []
    nonisolated(unsafe) private var isFinished = false

    init(name: String) {
        let thread = Thread { [self] in runJobs() }
        thread.name = name
        thread.stackSize = 4 << 20
        thread.start()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.lock()
        jobs.append(job)
        state.signal()
        state.unlock()
    }

    /// Lets the thread end once it has run what is enqueued. To be called when its actor is done for.
    func finish() {
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
