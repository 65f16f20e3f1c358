import ArgumentParser
import UnixSignals

/// Runs work that ends by itself or on Ctrl-C and SIGTERM, which are answered by a clean stop.
enum UntilSignal {
    /// - Parameter onSignal: asks the work to come to its end.
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
            // The work is over, and nobody waits for a signal any more; or the signal came, and the work winds up.
            if first == nil { group.cancelAll() }
            while let _ = try await group.next() {}
            return first
        }
        if let received { throw ExitCode(received == .sigint ? 130 : 143) }
    }
}
