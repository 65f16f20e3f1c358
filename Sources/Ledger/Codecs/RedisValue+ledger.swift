package import Log
package import Redis
package import SalesRules

// Reads replies of Redis. A reply of an unexpected type is an error that names what was read.
extension RedisValue {
    /// The bytes of a bulk reply, nil for the null reply.
    package func optionalBytes(_ what: @autoclosure () -> String) throws(LedgerError) -> [UInt8]? {
        switch self {
        case .bytes(let bytes): return bytes
        case .null: return nil
        case .error(let error): throw .refused(error)
        default: throw .unexpectedReply(what())
        }
    }

    /// The elements of an array.
    package func elements(_ what: @autoclosure () -> String) throws(LedgerError) -> [RedisValue] {
        switch self {
        case .array(let elements): return elements
        case .error(let error): throw .refused(error)
        default: throw .unexpectedReply(what())
        }
    }

    /// The fields of a flat reply with their values, as HGETALL and ZRANGEBYSCORE WITHSCORES give them.
    package func pairs(_ what: String) throws(LedgerError) -> [(field: RedisValue, value: RedisValue)] {
        let elements = try elements(what)
        guard elements.count.isMultiple(of: 2) else { throw .unexpectedReply(what) }
        return stride(from: 0, to: elements.count, by: 2).map { (elements[$0], elements[$0 + 1]) }
    }

    /// The number in a bulk reply; nil for the null reply.
    package func number(_ what: String) throws(LedgerError) -> Int64? {
        guard let bytes = try optionalBytes(what) else { return nil }
        guard let number = Int64(String(decoding: bytes, as: UTF8.self)) else {
            throw .corrupt(CorruptRecord(place: what, reason: "the value is not a number"))
        }
        return number
    }

    /// The id of an order in an index.
    package func orderID(in place: @autoclosure () -> String, _ what: String) throws(LedgerError) -> Identifier {
        guard let id = Identifier(String(decoding: try optionalBytes(what) ?? [], as: UTF8.self)) else {
            throw .corrupt(CorruptRecord(place: place(), reason: "the id of an order is not valid"))
        }
        return id
    }

    /// The stamp of a view; nil where there is none or the view is held.
    /// - Throws: ``LedgerError/broken(_:)``.
    package func view() throws(LedgerError) -> ViewStamp? {
        switch try optionalBytes("view").map({ ViewState(String(decoding: $0, as: UTF8.self)) }) {
        case .stamped(let stamp): return stamp
        case .broken(let reason): throw .broken(reason)
        case .held, .some(.none), nil: return nil
        }
    }

    /// A catalog revision; ``CatalogRevision/none`` for the null reply.
    package func catalogRevision() throws(LedgerError) -> CatalogRevision {
        guard let bytes = try optionalBytes("revision") else { return .none }
        guard let revision = CatalogRevision(String(decoding: bytes, as: UTF8.self)) else {
            throw .corrupt(CorruptRecord(place: "the catalog revision", reason: "it is not a number and a token"))
        }
        return revision
    }

    /// The cursor of a partition; nil where nothing was applied yet.
    package func cursor(of partition: TopicPartition) throws(LedgerError) -> Cursor? {
        guard let bytes = try optionalBytes("a cursor") else { return nil }
        return try reading("the cursor of \(partition)") { () throws(CorruptRecord) in try Cursor(parsing: bytes) }
    }

    /// The entry of an order; an empty entry for an unknown order.
    package func entry(of order: TenantScoped, reporting: Currency) throws(LedgerError) -> OrderEntry {
        guard let bytes = try optionalBytes("an entry") else { return OrderEntry() }
        return try decode(bytes[...], as: order, reporting)
    }

    /// The fields and values of a hash.
    /// - Parameter parse: reads the name of a field; nil where it is not valid.
    package func fields<Key>(
        _ what: String,
        _ parse: (String) -> Key?
    ) throws(LedgerError) -> [(key: Key, value: [UInt8])] {
        var fields: [(key: Key, value: [UInt8])] = []
        for (field, value) in try pairs("HGETALL") {
            let name = String(decoding: try field.optionalBytes("HGETALL") ?? [], as: UTF8.self)
            guard let key = parse(name) else {
                throw .corrupt(CorruptRecord(place: what, reason: "the name of a field is not valid"))
            }
            fields.append((key, try value.optionalBytes("HGETALL") ?? []))
        }
        return fields
    }
}

// Reads replies where they were received: these run for every order.
extension RedisReply {
    /// The elements of an array.
    func elements(_ what: @autoclosure () -> String) throws(LedgerError) -> Elements {
        if let elements { return elements }
        if let error { throw .refused(error) }
        throw .unexpectedReply(what())
    }

    /// The entry of an order; an empty entry for an unknown order.
    func entry(of order: TenantScoped, reporting: Currency) throws(LedgerError) -> OrderEntry {
        if let bytes { return try decode(bytes, as: order, reporting) }
        return try value.entry(of: order, reporting: reporting)
    }
}

private func decode(
    _ entry: ArraySlice<UInt8>,
    as order: TenantScoped,
    _ reporting: Currency
) throws(LedgerError) -> OrderEntry {
    try reading("the entry of order \(order)") { () throws(CorruptRecord) in
        try EntryCodec.decode(entry, id: order.id, reporting: reporting)
    }
}

/// Runs `body` and adds `place` to its error.
package func reading<Value>(
    _ place: @autoclosure () -> String,
    _ body: () throws(CorruptRecord) -> Value
) throws(LedgerError) -> Value {
    do throws(CorruptRecord) {
        return try body()
    } catch {
        throw .corrupt(CorruptRecord(place: place(), reason: error.reason))
    }
}
