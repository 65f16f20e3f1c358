internal import Ledger
internal import Log
internal import Redis
internal import SalesRules

extension Verifier {
    func compareCatalog(_ pass: Pass) async throws {
        for kind in CatalogCheck.kinds(in: pass.fold) {
            var names = Set(CatalogCheck.names(kind, in: pass.fold))
            for field in try await fields(of: CatalogCheck.key(kind, keys), pass) {
                if let name = CatalogCheck.name(kind, field: field) {
                    names.insert(name)
                } else {
                    let problem = "it has a field \"\(field)\", which is not a valid name"
                    found([.foreign(CatalogCheck.key(kind, keys), problem)])
                }
            }
            let all = Array(names)
            for start in stride(from: 0, to: all.count, by: CatalogCheck.chunk) {
                let check = CatalogCheck(
                    kind,
                    Array(all[start..<min(all.count, start + CatalogCheck.chunk)]),
                    settings: ledger
                )
                let (state, replies) = try await observe(0, check.commands, pass)
                found(try check.differences(replies, pass.fold, state))
                show(.catalog, summary.catalog + start, of: summary.catalog + all.count)
            }
            summary.catalog += all.count
        }
    }

    private func fields(of key: String, _ pass: Pass) async throws -> [String] {
        var names: [String] = []
        var cursor = "0"
        repeat {
            let reply = try await pass.connection.replies(
                to: RedisPipeline(RedisCommand("HSCAN", key, cursor, "COUNT", "1000"))
            )
            // The comparison reports a key of another type.
            guard case .array(let parts) = reply[0], parts.count == 2, let next = parts[0].string else { return names }
            let values = try parts[1].requireArray()
            for index in stride(from: 0, to: values.count, by: 2) { names.append(try values[index].requireString()) }
            cursor = next
        } while cursor != "0"
        return names
    }

    func compareEntries(_ pass: Pass) async throws {
        let total = pass.fold.orders.reduce(0) { $0 + $1.count }
        var done = 0
        for shard in pass.shards {
            var start = 0
            // Live events add orders at the end.
            while start < pass.fold.orders[shard].count {
                let end = min(pass.fold.orders[shard].count, start + EntryCheck.chunk)
                let check = try EntryCheck(start..<end, of: pass.fold, shard: shard, settings: ledger)
                let (state, replies) = try await observe(shard, check.commands, pass)
                found(try check.differences(replies, pass.fold, state))
                done += end - start
                start = end
                show(.entries, min(done, total), of: total)
            }
        }
    }

    func compareDays(_ pass: Pass) async throws {
        // Large enough to be quick, and small enough not to delay other clients of Redis.
        let limits = (days: 400, orders: 2_000)
        let total = pass.fold.orders.reduce(0) { $0 + $1.days.count }
        var done = 0
        for shard in pass.shards {
            var rest = pass.fold.orders[shard].days[...]
            while !rest.isEmpty {
                var chunk: [OrderFold.PersonDay] = []
                var orders = 0
                while let next = rest.first, chunk.isEmpty || (chunk.count < limits.days && orders < limits.orders) {
                    chunk.append(next.day)
                    orders += next.orders
                    rest.removeFirst()
                }
                let check = DayCheck(chunk, shard: shard, settings: ledger)
                let (_, replies) = try await observe(shard, check.commands(pass.fold), pass)
                found(try check.differences(replies, pass.fold))
                done += chunk.count
                show(.days, done, of: total)
            }
        }
        summary.days = total
    }

    /// Waits up to half a minute for targets that are being backfilled.
    func compareOverlaps(_ pass: Pass) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        var waiting: [Int: Set<TenantScoped>]?
        while true {
            var unsettled: [Int: Set<TenantScoped>] = [:]
            for shard in pass.shards {
                let shared = targets.filter { $0.entry.target.isShared }
                let chosen =
                    waiting.map { waiting in shared.filter { waiting[shard]?.contains($0.key) == true } } ?? shared
                if waiting == nil { summary.overlaps += chosen.count }
                for start in stride(from: 0, to: chosen.count, by: OverlapCheck.chunk) {
                    let check = OverlapCheck(
                        Array(chosen[start..<min(chosen.count, start + OverlapCheck.chunk)]),
                        shard: shard,
                        settings: ledger
                    )
                    let (state, replies) = try await observe(shard, check.commands, pass)
                    let result = try check.differences(replies, pass.fold, state)
                    found(result.differences)
                    unsettled[shard, default: []].formUnion(result.unsettled)
                }
                show(.overlaps, shard + 1, of: pass.shards.count)
            }
            let names = Set(unsettled.values.flatMap(\.self))
            if names.isEmpty || .now > deadline {
                summary.unsettled = names.map(\.description).sorted()
                return
            }
            waiting = unsettled
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Checks all keys. Each key is read again together with the cursors of its shard before it is compared.
    func lookForForeignKeys(_ pass: Pass) async throws {
        try await forEachKey(matching: nil, .keys, pass) { keysOfShards in
            for (shard, found) in keysOfShards {
                let check = try KeyCheck(found, of: pass.fold, shard: shard, settings: ledger)
                if check.isEmpty { continue }
                let (state, replies) = try await observe(shard, check.commands, pass)
                self.found(try check.differences(replies, pass.fold, state))
            }
        }
    }

    /// Loads the entries from Redis, each as of the cursors that were read with it.
    func loadEntries(_ pass: Pass) async throws {
        for shard in pass.shards {
            let fixed = VerifySnapshot.commands(shard: shard, partitions: pass.fold.partitions, keys: keys)
            let cursors = try await pass.connection.snapshot(fixed)[1].requireArray().suffix(pass.fold.partitions.count)
            pass.fold.start(
                shard: shard,
                at: try cursors.map { try $0.isNull ? 0 : Cursor(parsing: try $0.requireBytes()).next }
            )
        }
        try await forEachKey(matching: "{s*}:o:*", .entries, pass) { keysOfShards in
            for (shard, found) in keysOfShards {
                var orders: [TenantScoped] = []
                var command = RedisCommand("MGET")
                for (key, name) in found {
                    guard case .entry(let order) = name else { continue }
                    orders.append(order)
                    command.append(key)
                }
                if orders.isEmpty { continue }
                let (_, replies) = try await observe(shard, [command], pass)
                for (order, value) in zip(orders, try replies.first?.requireArray() ?? []) {
                    guard case .bytes(let bytes) = value else { continue }
                    do throws(CorruptRecord) {
                        try load(
                            EntryCodec.decode(bytes[...], id: order.id, reporting: ledger.rules.currency),
                            of: order,
                            shard,
                            pass
                        )
                    } catch {
                        self.found([
                            .entry(keys.entry(order, shard: shard), "it cannot be read: \(error.reason)", order)
                        ])
                    }
                }
            }
        }
    }

    private func load(
        _ entry: OrderEntry,
        of order: TenantScoped,
        _ shard: Int,
        _ pass: Pass
    ) throws(CorruptRecord) {
        do {
            try pass.fold.load(entry, of: order, shard: shard)
        } catch {
            throw CorruptRecord(place: "the temporary file", reason: "\(error)")
        }
    }

    /// Calls `body` with all keys, some at a time, by shard.
    private func forEachKey(
        matching pattern: String?,
        _ phase: VerifyProgress.Phase,
        _ pass: Pass,
        _ body: ([Int: [(key: String, name: KeyName?)]]) async throws -> Void
    ) async throws {
        let size = try await pass.connection.replies(to: RedisPipeline(RedisCommand("DBSIZE")))[0].requireInteger()
        var cursor = "0"
        var seen = 0
        repeat {
            var command = RedisCommand("SCAN", cursor)
            if let pattern {
                command.append("MATCH")
                command.append(pattern)
            }
            command.append("COUNT")
            command.append(1_000)
            let reply = try await pass.connection.replies(to: RedisPipeline(command))[0].requireArray()
            guard reply.count == 2 else { throw LedgerError.unexpectedReply("SCAN") }
            cursor = try reply[0].requireString()
            var keysOfShards: [Int: [(key: String, name: KeyName?)]] = [:]
            for value in try reply[1].requireArray() {
                seen += 1
                guard case .bytes(let bytes) = value else { continue }
                let key = String(decoding: bytes, as: UTF8.self)
                guard let place = keys.place(of: key) else {
                    if pattern == nil { summary.otherKeys += 1 }
                    continue
                }
                if pass.shards.contains(place.shard) {
                    keysOfShards[place.shard, default: []].append((key, place.name))
                } else if pattern == nil {
                    found([.foreign(key, "there are only \(keys.shards) shards")])
                }
            }
            try await body(keysOfShards)
            show(phase, min(seen, Int(size)), of: Int(size))
        } while cursor != "0"
        show(phase, Int(size), of: Int(size))
        if pattern == nil { summary.keys = seen }
    }
}
