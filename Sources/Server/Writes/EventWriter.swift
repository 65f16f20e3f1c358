package import Ledger
package import Log
package import SalesRules

/// The log, as far as it is written to.
package protocol EventLog: Sendable {
    /// Writes events; those of one record stay in their order.
    /// - Parameter person: who made the change; nil when it is not known.
    /// - Returns: where each of them stands, once all are written for good.
    /// - Throws: when one of them is not; others may be written then.
    func append(_ events: [Event], by person: Identifier?) async throws -> [RecordPosition]
}

/// A record's source gave it the highest version there is, so that nothing can be saved over it.
package struct VersionExhausted: Error, CustomStringConvertible {
    package let description = "its version is the highest there is: it cannot be saved again"
}

/// The one way in which the server changes anything: it puts events into the log, and waits until a worker has applied
/// them.
package struct EventWriter: Sendable {
    private let log: any EventLog
    private let link: any RedisLink
    private let keys: KeySpace
    private let patience: Duration

    /// A writer.
    /// - Parameters:
    ///   - link: to the Redis that the workers apply the log to.
    ///   - keys: of the same ledger.
    ///   - patience: how long to wait for the workers (the contract: two seconds).
    package init(log: any EventLog, link: any RedisLink, keys: KeySpace, patience: Duration = .seconds(2)) {
        self.log = log
        self.link = link
        self.keys = keys
        self.patience = patience
    }

    /// Writes a change of one record, waits until it is applied, reads the record again and compares. So of two changes
    /// made at the same time one is refused.
    /// - Parameters:
    ///   - expected: the record after the change; nil for a deletion.
    ///   - conflict: thrown when the record is not as expected, because another change was applied first.
    ///   - read: reads the record as it is now.
    /// - Returns: what `read` gave; nil when the change is in the log, but was not applied in time.
    func change<Value>(
        _ event: Event,
        by person: Identifier,
        expecting expected: RecordETag?,
        elseThrow conflict: Problem,
        _ read: () async throws -> (tag: RecordETag?, value: Value)
    ) async throws -> Value? {
        guard try await write([event], by: person) else { return nil }
        let (tag, value) = try await read()
        guard tag == expected else { throw conflict }
        return value
    }

    /// Writes events and waits until they are applied.
    /// - Parameters:
    ///   - person: who made the change; nil when it is not known.
    ///   - patience: how long to wait, if not as long as usual.
    /// - Returns: false when the time was over first: they will be applied all the same.
    /// - Throws: when they are not in the log.
    package func write(_ events: [Event], by person: Identifier?, patience: Duration? = nil) async throws -> Bool {
        if events.isEmpty { return true }
        var pending = PendingWrites(keys: keys)
        for (event, position) in zip(events, try await log.append(events, by: person)) {
            pending.add(position.partition, offset: position.offset, shard: shard(of: event))
        }
        return try await settle(&pending, until: .now + (patience ?? self.patience))
    }

    /// The version that a change gets: with it, two that are made at the same time cannot both stand.
    /// - Parameter version: that of the record as it is; nil when it has none.
    /// - Throws: ``VersionExhausted`` when there is none after it.
    package static func version(after version: Int64?) throws(VersionExhausted) -> Int64 {
        guard let version else { return 1 }
        guard version < .max else { throw VersionExhausted() }
        return version + 1
    }

    private func shard(of event: Event) -> Int {
        guard case .order(let id, _) = event.change else { return 0 }
        return keys.shard(of: TenantScoped(tenant: event.tenant, id: id))
    }

    /// Asks at first as often as a worker that has nothing else to do may be done, and then less and less often.
    private func settle(_ pending: inout PendingWrites, until end: ContinuousClock.Instant) async throws -> Bool {
        var pause = Duration.milliseconds(1)
        while true {
            do throws(LedgerError) {
                if try await pending.settle(over: link) { return true }
            } catch {
                // What is in the log will be applied, whether that can be seen now or not.
                guard error.isTemporary else { throw error }
            }
            guard .now + pause < end else { return false }
            // Whoever asked is gone, or the server stops; what is in the log stays there.
            do { try await Task.sleep(for: pause) } catch { return false }
            pause = min(pause * 2, .milliseconds(50))
        }
    }
}
