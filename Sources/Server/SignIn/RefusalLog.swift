internal import Logging
internal import Synchronization

/// Logs why tokens are refused: each reason at most once a second, because anyone can send tokens.
final class RefusalLog: Sendable {
    private let counts = Mutex<[TokenRefusal: FailureCount]>([:])
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// - Parameter path: of the request.
    func add(_ refusal: TokenRefusal, path: String) {
        let count = counts.withLock { counts in
            let count = counts[refusal] ?? FailureCount()
            counts[refusal] = count
            return count
        }
        guard let others = count.count(at: .now) else { return }
        var metadata: Logger.Metadata = ["reason": "\(refusal.reason)", "path": "\(path.prefix(100))"]
        if others > 0 { metadata["others"] = "\(others)" }
        logger.notice("a token was refused", metadata: metadata)
    }
}
