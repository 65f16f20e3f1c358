import ArgumentParser
import UnixSignals

/// Runs work until it ends, or stops it cleanly on SIGINT (Ctrl-C) and SIGTERM.
enum UntilSignal {
    /// - Parameter onSignal: asks the work to end.
    /// - Throws: what the work throws; `ExitCode` 130 or 143 when a signal ended it.
    static func run(
        _ work: @escaping @Sendable () async throws -> Void,
        onSignal: @escaping @Sendable () async -> Void
    ) async throws {
        let signals = await UnixSignalsSequence(trapping: [.sigint, .sigterm])
        let received = try await withThrowingTaskGroup(of: UnixSignal?.self) { group in
            group.addTask {
                try await work()
                return nil
            }
            group.addTask {
                for await signal in signals {
                    await onSignal()
                    return signal
                }
                return nil
            }
            let first = try await group.next() ?? nil
            // Without a signal the work has ended: stop waiting for signals. After a signal, wait for the work to end.
            if first == nil { group.cancelAll() }
            while let _ = try await group.next() {}
            return first
        }
        if let received { throw ExitCode(received == .sigint ? 130 : 143) }
    }
}
