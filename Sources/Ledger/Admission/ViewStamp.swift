/// Identifies the view of the log that a Redis holds. A worker writes a new stamp when it finds a Redis that was
/// restarted, emptied or replaced (``Admission``). What a program remembers of a view with another stamp, such as its
/// targets and cursors, may be wrong for this one.
package struct ViewStamp: Hashable, Sendable, CustomStringConvertible {
    /// The run id of the Redis (`run_id` of INFO).
    package let runId: String
    /// A random number.
    package let token: UInt64

    /// A stamp. The default token is random, so that no other view has the same stamp.
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

    /// The value of the key while `rebuild` swaps two views, instead of a stamp. Nothing can be posted then.
    static let held = "held for a rebuilt view"
}
