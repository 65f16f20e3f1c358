/// A deadline that moves on as long as there is progress: a busy machine is slow, but it does not stand still.
package struct ProgressDeadline<Progress: Equatable> {
    private let patience: Duration
    private var latest: Progress?
    private var end: ContinuousClock.Instant

    /// - Parameter patience: how long nothing may change.
    package init(_ patience: Duration, of type: Progress.Type = Progress.self) {
        self.patience = patience
        end = .now + patience
    }

    /// Notes how far the work is.
    /// - Returns: whether nothing has changed for too long.
    package mutating func hasPassed(_ progress: Progress) -> Bool {
        if progress != latest {
            latest = progress
            end = .now + patience
        }
        return .now > end
    }
}
