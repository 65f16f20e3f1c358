/// Identifies the view of the log that a Redis holds. A worker writes a new stamp when it finds a Redis that was
/// restarted, emptied or replaced (``Admission``). What a program remembers of a view with another stamp, such as its
/// targets and cursors, may be wrong for this one.
package struct ViewStamp: Hashable, Sendable, CustomStringConvertible {
    /// The run id of the Redis (`run_id` of INFO).
    package let runId: String
    /// A random number.
    package let token: UInt64
    /// How many keys the server had evicted when the stamp was made (`evicted_keys` of INFO).
    package let evictedKeys: Int

    /// A stamp. The default token is random, so that no other view has the same stamp.
    package init(runId: String, token: UInt64 = .random(in: 1...(.max)), evictedKeys: Int = 0) {
        self.runId = runId
        self.token = token
        self.evictedKeys = evictedKeys
    }

    /// `<run id> <token> <evicted keys>`
    package var description: String { "\(runId) \(token) \(evictedKeys)" }

    /// Reads ``description``; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, let token = UInt64(parts[1]), let evicted = Int(parts[2]) else {
            return nil
        }
        self.init(runId: String(parts[0]), token: token, evictedKeys: evicted)
    }
}

/// What the key of a view holds.
package enum ViewState: Hashable, Sendable {
    /// Nothing, or something that this program did not write.
    case none
    /// `rebuild` is swapping two views: nothing can be posted.
    case held
    /// The numbers are wrong, for this reason. Every program refuses the view until it is rebuilt.
    case broken(String)
    case stamped(ViewStamp)

    /// The value while `rebuild` swaps two views.
    static let heldText = "held for a rebuilt view"
    private static let brokenPrefix = "broken: "

    /// The value of a broken view: one line of bounded length.
    static func brokenText(_ reason: String) -> String {
        brokenPrefix + String(reason.map { $0.isNewline ? " " : $0 }.prefix(500))
    }

    /// Reads the value of the key.
    package init(_ text: String) {
        if text == Self.heldText {
            self = .held
        } else if text.hasPrefix(Self.brokenPrefix) {
            self = .broken(String(text.dropFirst(Self.brokenPrefix.count)))
        } else {
            self = ViewStamp(text).map { .stamped($0) } ?? .none
        }
    }
}
