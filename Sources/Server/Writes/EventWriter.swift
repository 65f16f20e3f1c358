package import Ledger
package import Log
package import SalesRules

/// The log, for writing.
package protocol EventLog: Sendable {
    /// Writes events; events of the same record keep their order.
    /// - Parameter person: who made the change; nil when it is not known.
    /// - Returns: the position of each event, once Kafka has confirmed all of them.
    /// - Throws: when an event was not written; others may have been written.
    func append(_ events: [Event], by person: Identifier?) async throws -> [RecordPosition]
}

/// A record's version has the highest possible edit, so that no change can have a higher one.
package struct EditsExhausted: Error, CustomStringConvertible {
    package let description = "the record has the highest edit of its version: only its source can save it"
}

/// Makes all changes of the server: it writes events to the log and waits until a worker has applied them.
package struct EventWriter: Sendable {
    private let log: any EventLog
    private let link: any RedisLink
    private let keys: KeySpace
    private let timeout: Duration

    /// A writer to one log and its ledger.
    /// - Parameters:
    ///   - link: to the Redis that the workers apply the log to.
    ///   - keys: the key space of the same ledger.
    ///   - timeout: how long to wait for the workers (docs/CONTRACT.md, "HTTP": two seconds).
    package init(log: any EventLog, link: any RedisLink, keys: KeySpace, timeout: Duration = .seconds(2)) {
        self.log = log
        self.link = link
        self.keys = keys
        self.timeout = timeout
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
    ///   - timeout: how long to wait; nil for the writer's usual time.
    /// - Returns: false when they were not applied in time; they will be applied later.
    /// - Throws: when writing failed, or when the progress in Redis cannot be used.
    package func write(_ events: [Event], by person: Identifier?, timeout: Duration? = nil) async throws -> Bool {
        if events.isEmpty { return true }
        var pending = PendingWrites(keys: keys)
        for (event, position) in zip(events, try await log.append(events, by: person)) {
            pending.add(position.partition, offset: position.offset, shard: shard(of: event))
        }
        return try await wait(for: &pending, until: .now + (timeout ?? self.timeout))
    }

    /// The version of a change: the next edit. Two changes at the same time get the same one, so that only the first is
    /// applied.
    /// - Parameter highest: the highest version of the record; nil when it has none.
    /// - Throws: ``EditsExhausted`` when there is no higher edit.
    package static func edit(after highest: RecordVersion?) throws(EditsExhausted) -> RecordVersion {
        guard let edit = RecordVersion.edit(after: highest) else { throw EditsExhausted() }
        return edit
    }

    private func shard(of event: Event) -> Int {
        guard case .order(let id, _) = event.change else { return 0 }
        return keys.shard(of: TenantScoped(tenant: event.tenant, id: id))
    }

    /// Reads the progress often at first, because an idle worker is fast, and then less and less often.
    private func wait(for pending: inout PendingWrites, until end: ContinuousClock.Instant) async throws -> Bool {
        var pause = Duration.milliseconds(1)
        while true {
            do throws(LedgerError) {
                if try await pending.areApplied(over: link) { return true }
            } catch {
                // The events are in the log and will be applied, even if Redis does not answer now.
                guard error.isTemporary else { throw error }
            }
            guard .now + pause < end else { return false }
            // The client has disconnected, or the server stops. The events stay in the log.
            do { try await Task.sleep(for: pause) } catch { return false }
            pause = min(pause * 2, .milliseconds(50))
        }
    }
}
