internal import Synchronization

/// A result that comes once, for tasks to wait for.
package final class Completion<Value: Sendable>: Sendable {
    package typealias Outcome = Result<Value, RedisError>

    private struct State {
        var outcome: Outcome?
        var tasks: [UInt64: CheckedContinuation<Outcome, Never>] = [:]
        var nextTask: UInt64 = 0
        var callbacks: [@Sendable (Outcome) -> Void] = []
    }

    private let state: Mutex<State>

    /// One that is still to come, or whose result is already known.
    package init(_ outcome: Outcome? = nil) {
        state = Mutex(State(outcome: outcome))
    }

    /// Sets the result and wakes all who wait. Only the first call counts; the answer says whether this was it.
    @discardableResult
    package func complete(_ outcome: Outcome) -> Bool {
        let waiting = state.withLock { state -> State? in
            guard state.outcome == nil else { return nil }
            state.outcome = outcome
            defer {
                state.tasks = [:]
                state.callbacks = []
            }
            return state
        }
        guard let waiting else { return false }
        for task in waiting.tasks.values { task.resume(returning: outcome) }
        for callback in waiting.callbacks { callback(outcome) }
        return true
    }

    /// The result, if it is known.
    var outcome: Outcome? { state.withLock(\.outcome) }

    /// Calls `callback` with the result: at once if it is known, else on the thread that completes it.
    func whenComplete(_ callback: @escaping @Sendable (Outcome) -> Void) {
        let known = state.withLock { state in
            if state.outcome == nil { state.callbacks.append(callback) }
            return state.outcome
        }
        if let known { callback(known) }
    }

    /// The result, waited for by a task.
    ///
    /// - Throws: what it was completed with, or ``RedisError/cancelled`` as soon as the task is cancelled.
    package func value() async throws(RedisError) -> Value {
        let number = state.withLock { state in
            state.nextTask += 1
            return state.nextTask
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state -> Outcome? in
                    // Looked at under the lock: a cancellation before it is seen here, one after it finds the entry.
                    if let outcome = state.outcome ?? (Task.isCancelled ? .failure(.cancelled) : nil) { return outcome }
                    state.tasks[number] = continuation
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            state.withLock { $0.tasks.removeValue(forKey: number) }?.resume(returning: .failure(.cancelled))
        }
        return try outcome.get()
    }

    /// The result, waited for by a task.
    ///
    /// - Throws: as ``value()``, or ``RedisError/timeout(_:)`` when it did not come within `timeout`.
    func value(atMost timeout: Duration) async throws(RedisError) -> Value {
        let bounded = Completion()
        let timer = Task {
            try await Task.sleep(for: timeout)
            bounded.complete(.failure(.timeout("waited for \(timeout)")))
        }
        defer { timer.cancel() }
        whenComplete { bounded.complete($0) }
        return try await bounded.value()
    }
}
