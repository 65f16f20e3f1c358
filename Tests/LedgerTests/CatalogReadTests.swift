import Ledger
import Log
import Model
import Redis
import RedisTesting
import SalesRules
import Synchronization
import Testing

@Suite("Reading the targets of many tenants", .timeLimit(.minutes(1)))
struct CatalogReadTests {
    private static let small = id("small")
    private static let large = id("large")

    /// Runs `body` with a Redis that has a target of each tenant.
    private func withTargets(_ body: (RedisConnection, HeldLink, LedgerReader) async throws -> Void) async throws {
        try await withRedis { server in
            let connection = try await server.connect()
            let settings = LedgerSettings(rules: Rules())
            _ = try await Admission.admit(connection, settings)
            try await save(1, of: Self.large, on: connection)
            try await save(1, of: Self.small, on: connection)
            let link = HeldLink(try await server.connect())
            try await body(connection, link, LedgerReader(link: link, settings: settings))
        }
    }

    /// Saves this many targets of a tenant in one posting.
    private func save(_ count: Int, of tenant: Identifier, goal: Int64 = 1, on connection: RedisConnection) async throws
    {
        let settings = LedgerSettings(rules: Rules())
        let nowhere = TopicPartition(topic: "test", partition: 0)
        let changes = (0..<count).map { number in
            let target = target("T-\(goal)-\(number)", "own", goal: goal)
            let event = Event(tenant: tenant, .target(target.id, .saved(target)))
            return CatalogBatch.Change(partition: nowhere, offset: 0, event: event)
        }
        let batch = CatalogBatch(changes, ranges: [], settings: settings)
        let snapshot = try batch.snapshot(from: try await connection.send(batch.reads()))
        let replies = try await connection.send(batch.transaction(on: snapshot))
        #expect(try Posting.outcome(of: replies) == .applied)
    }

    @Test("Many first reads at the same time load the targets once")
    func sharedLoading() async throws {
        try await withTargets { _, link, reader in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await reader.catalog(of: Self.small).count } }
                for try await count in group { #expect(count == 1) }
            }
            #expect(link.readCount == 1)
        }
    }

    @Test("While changes of one tenant's targets are read, the others' reads go on")
    func otherTenants() async throws {
        try await withTargets { connection, link, reader in
            try await reader.loadCatalog()
            try await save(3, of: Self.large, goal: 7, on: connection)
            link.hold(after: 0)
            async let changed = reader.catalog(of: Self.large).count
            // Also where an expectation fails: the scope waits for `changed`.
            defer { link.release() }
            await link.untilHeld()
            #expect(try await reader.catalog(of: Self.small).count == 1)
            let year = try await reader.year(2026, of: nil, tenant: Self.small, measure: .revenue)
            #expect(year.goals.reduce(0, +) == 1)
            link.release()
            #expect(try await changed == 4)
        }
    }

    @Test("A tenant's own change is in the next read, also while the others' targets change")
    func ownChange() async throws {
        try await withTargets { connection, _, reader in
            for goal in 2...20 {
                try await save(2, of: Self.large, goal: Int64(goal), on: connection)
                try await save(1, of: Self.small, goal: Int64(goal), on: connection)
                try await save(2, of: Self.large, goal: Int64(100 + goal), on: connection)
                #expect(try await reader.catalog(of: Self.small).count == goal)
                let year = try await reader.year(2026, of: nil, tenant: Self.small, measure: .revenue)
                #expect(year.goals.reduce(0, +) == Int64(goal * (goal + 1) / 2))
            }
        }
    }

    @Test("How many of the targets are loaded is known")
    func progress() async throws {
        try await withTargets { connection, link, reader in
            for goal in 2...4 { try await save(1_000, of: Self.large, goal: Int64(goal), on: connection) }
            // The first page ends with a whole revision; its targets are read 250 at a time.
            link.hold(after: 5)
            async let loading: Void = reader.loadCatalog()
            defer { link.release() }
            await link.untilHeld()
            let progress = await reader.catalogLoading
            #expect(progress?.read == 1_002 && progress?.count == 3_002)
            link.release()
            try await loading
            #expect(await reader.catalogLoading == nil)
            #expect(try await reader.catalog(of: Self.large).count == 3_001)
        }
    }

    @Test("Changes beyond the catalog's revision are said to be corrupt, and not read for ever")
    func beyondRevision() async throws {
        try await withTargets { connection, _, reader in
            let keys = KeySpace()
            _ = try await connection.send("ZADD", keys.targetChanges, "99", "small/T-1-0")
            await #expect { _ = try await reader.catalog(of: Self.small) } throws: { error in
                guard case LedgerError.corrupt(let record)? = error as? LedgerError else { return false }
                return record.description.contains("there are changes of revision 99")
            }
        }
    }
}

/// A link that counts the reads of targets, and holds them back while it is told to.
private final class HeldLink: RedisLink {
    private struct State {
        var reads = 0
        var holdsAfter = Int.max
        var held: [CheckedContinuation<Void, Never>] = []
        var observers: [CheckedContinuation<Void, Never>] = []
    }

    private let link: RedisConnection
    private let state = Mutex(State())

    init(_ link: RedisConnection) { self.link = link }

    var readCount: Int { state.withLock { $0.reads } }

    func send(_ pipeline: RedisPipeline) async throws(RedisError) -> RedisReplies {
        let isRead = pipeline.withUnsafeWireBytes { String(decoding: $0, as: UTF8.self).contains("HMGET") }
        if isRead {
            await withCheckedContinuation { continuation in
                let resumed = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                    state.reads += 1
                    guard state.reads > state.holdsAfter else { return [continuation] }
                    state.held.append(continuation)
                    defer { state.observers = [] }
                    return state.observers
                }
                for continuation in resumed { continuation.resume() }
            }
        }
        return try await link.send(pipeline)
    }

    /// Holds back all reads after this many more.
    func hold(after count: Int) { state.withLock { $0.holdsAfter = $0.reads + count } }

    /// Waits until a read is held back.
    func untilHeld() async {
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                if state.held.isEmpty { state.observers.append(continuation) }
                return !state.held.isEmpty
            }
            if isHeld { continuation.resume() }
        }
    }

    func release() {
        let held = state.withLock { state in
            state.holdsAfter = .max
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }
}
