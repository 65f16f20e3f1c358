/// The state that `INFO` and `ROLE` report and that makes Redis refuse commands. The caller changes it to cause faults.
package struct ServerState: Sendable, Hashable {
    /// The replication role.
    package enum Role: Sendable, Hashable {
        case primary
        /// Refuses writes.
        case replica
    }

    /// The state of the rewrite of the append-only file.
    package enum Rewrite: Sendable, Hashable {
        case none
        case inProgress
        /// The last one failed.
        case failed
    }

    /// The replication role.
    package var role = Role.primary
    /// Whether it keeps an append-only file.
    package var appendOnly = false
    /// Started by `BGREWRITEAOF`; the caller ends it.
    package var rewrite = Rewrite.none
    /// Whether it loads its data, and so refuses almost all commands.
    package var isLoading = false
    /// Whether its memory is full, so that commands that need memory are refused.
    package var isOutOfMemory = false
    /// In bytes; 0 means no limit.
    package var maxMemory = 0
    /// The eviction policy.
    package var maxMemoryPolicy = "noeviction"
    /// More `name:value` lines, added at the end of every section of `INFO`.
    package var moreInfo: [String] = []

    /// A healthy primary.
    package init() {}

    var refusesSome: Bool { role == .replica || isLoading || isOutOfMemory }
}
