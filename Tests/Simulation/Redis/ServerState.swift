/// What a Redis tells of itself, and what makes it refuse commands: the caller changes it to play a fault.
package struct ServerState: Sendable, Hashable {
    /// Whether it follows another.
    package enum Role: Sendable, Hashable {
        case primary
        /// It refuses to write.
        case replica
    }

    /// How it stands with writing the append-only file anew.
    package enum Rewrite: Sendable, Hashable {
        case none
        case inProgress
        /// The last one failed.
        case failed
    }

    /// Whether it follows another.
    package var role = Role.primary
    /// Whether it keeps an append-only file.
    package var appendOnly = false
    /// Begun by `BGREWRITEAOF`; the caller ends it.
    package var rewrite = Rewrite.none
    /// Whether it still loads its data: it refuses almost everything.
    package var isLoading = false
    /// Whether its memory is full: it refuses what needs more.
    package var isOutOfMemory = false
    /// In bytes; 0 is without a limit.
    package var maxMemory = 0
    /// What it drops when its memory is full.
    package var maxMemoryPolicy = "noeviction"
    /// More lines of `INFO`, each `name:value`, which every section ends with.
    package var moreInfo: [String] = []

    /// A primary that nothing is wrong with.
    package init() {}

    var refusesSome: Bool { role == .replica || isLoading || isOutOfMemory }
}
