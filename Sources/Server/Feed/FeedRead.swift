internal import Ledger
internal import SalesRules

/// What the feed has to read of one tenant.
struct FeedRead {
    let tenant: Identifier
    let changes: FeedChanges
    /// The scopes that viewers follow.
    let scopes: Set<FeedScope>
    /// The streams that need a snapshot of their scope.
    let snapshotRequests: [FeedScope: Set<UInt64>]
    /// The targets as they were at the previous read; nil before the first.
    let previousCatalog: Catalog?
    /// The result of this read is newer than all events up to this number.
    let number: UInt64
}

/// The result of a read.
struct FeedUpdate {
    /// The events of this read, each with its audience.
    var events: [FeedEvent]
    /// All that a viewer of a scope needs who missed events.
    var snapshots: [FeedScope: [FeedEvent]]
    var catalog: Catalog?
}
