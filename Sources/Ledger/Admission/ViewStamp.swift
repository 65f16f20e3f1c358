/// Which view of the log a Redis holds. Drawn by the worker that admits a Redis (``Admission``), anew whenever it was
/// restarted, emptied, replaced, or is another one than before: what was remembered of the view before, its targets and
/// how far the log is applied, may not be true of this one.
package struct ViewStamp: Hashable, Sendable, CustomStringConvertible {
    /// The run of the Redis that it was admitted under, as INFO names it.
    package let runId: String
    /// Drawn at random.
    package let token: UInt64

    /// A stamp that no other view has.
    package init(runId: String, token: UInt64 = .random(in: 1...(.max))) {
        self.runId = runId
        self.token = token
    }

    /// `<run id> <token>`
    package var description: String { "\(runId) \(token)" }

    /// Reads ``description``; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let token = UInt64(parts[1]) else { return nil }
        self.init(runId: String(parts[0]), token: token)
    }

    /// What stands in its place while a rebuilt view is about to: nothing can be posted then.
    static let held = "held for a rebuilt view"
}
