internal import Synchronization

/// An error type with a case for each way in which a wait ends without a result.
public protocol WaitFailure: Error, Sendable {
    /// The waiting task was cancelled.
    static var cancelled: Self { get }
    /// There was no result in time.
    /// - Parameter what: how long the task waited.
    static func timeout(_ what: String) -> Self
}

/// A result that is set once, and that tasks can wait for.
package final class Completion<Value: Sendable, Failure: WaitFailure>: Sendable {
    package typealias Outcome = Result<Value, Failure>

    private struct State {
        var outcome: Outcome?
        var tasks: [UInt64: CheckedContinuation<Outcome, Never>] = [:]
        var nextTask: UInt64 = 0
        var callbacks: [@Sendable (Outcome) -> Void] = []
    }

    private let state: Mutex<State>

    /// - Parameter outcome: nil when the result is not known yet.
    package init(_ outcome: Outcome? = nil) {
        state = Mutex(State(outcome: outcome))
    }

    /// Sets the result and resumes all waiting tasks. Only the first call counts.
    /// - Returns: whether this was the first call.
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
    package var outcome: Outcome? { state.withLock(\.outcome) }

    /// Calls `callback` with the result: at once if it is known, else on the thread that completes it.
    package func whenComplete(_ callback: @escaping @Sendable (Outcome) -> Void) {
        let known = state.withLock { state in
            if state.outcome == nil { state.callbacks.append(callback) }
            return state.outcome
        }
        if let known { callback(known) }
    }

    /// Waits for the result.
    ///
    /// - Throws: the error that was set, or `cancelled` as soon as the task is cancelled.
    package nonisolated(nonsending) func value() async throws(Failure) -> Value {
        let number = state.withLock { state in
            state.nextTask += 1
            return state.nextTask
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state -> Outcome? in
                    // Checked under the lock: an earlier cancellation is seen here, a later one finds `tasks`.
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

    /// Waits for the result, but not longer than `timeout`.
    ///
    /// - Throws: as ``value()``, or `timeout` when there is no result by then.
    package func value(atMost timeout: Duration) async throws(Failure) -> Value {
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
