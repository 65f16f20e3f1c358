/// A value that Redis holds under a key.
enum StoredValue: Sendable {
    case string([UInt8])
    case hash(ByteTable<[UInt8]>)
    case set(ByteTable<Void>)
    case sortedSet(ByteTable<Double>)

    /// The name of the type in SCAN, in capitals.
    var type: StaticString {
        switch self {
        case .string: "STRING"
        case .hash: "HASH"
        case .set: "SET"
        case .sortedSet: "ZSET"
        }
    }
}

/// The keys of all databases.
///
/// Each key has a permanent number that is the same in every database, so that a missing key can be watched too. In each
/// database it has a version, which rises whenever Redis would notify the clients that watch the key.
struct Keyspace: Sendable {
    /// The default number of databases in Redis.
    static let databaseCount = 16

    private var names = ByteTable<Void>()
    private var databases = Array(repeating: Database(), count: databaseCount)

    /// The expiry of a key without a time to live.
    static let never = Int64.max

    private struct Slot: Sendable {
        var value: StoredValue?
        var expiry = Keyspace.never
    }

    private struct Database: Sendable {
        var slots: [Slot] = []
        var versions: [UInt64] = []

        mutating func grow(to count: Int) {
            while slots.count < count {
                slots.append(Slot())
                versions.append(0)
            }
        }
    }

    /// The number of a key; nil when it was never set or watched.
    func key(_ name: UnsafeRawBufferPointer) -> Int? { names.place(of: name) }

    /// The number of a key, created if missing, for a database in which it will be set or watched.
    mutating func key(_ name: UnsafeRawBufferPointer, in database: Int) -> Int {
        let key = names.place(of: name, adding: ()).place
        if databases[database].slots.count <= key { databases[database].grow(to: names.count) }
        return key
    }

    func name(of key: Int) -> [UInt8] { names.entries[key].name }

    func value(_ name: UnsafeRawBufferPointer, in database: Int) -> StoredValue? {
        guard let key = key(name), key < databases[database].slots.count else { return nil }
        return databases[database].slots[key].value
    }

    func exists(_ name: UnsafeRawBufferPointer, in database: Int) -> Bool {
        guard let key = key(name), key < databases[database].slots.count else { return false }
        return databases[database].slots[key].value != nil
    }

    func version(_ key: Int, in database: Int) -> UInt64 { databases[database].versions[key] }

    mutating func touch(_ key: Int, in database: Int) { databases[database].versions[key] &+= 1 }

    /// Takes a value out to change it in place. Return it with ``put(_:at:in:)``.
    mutating func take(_ key: Int, in database: Int) -> StoredValue? {
        // Only the value is taken: the slot keeps its time to live.
        let value = databases[database].slots[key].value
        databases[database].slots[key].value = nil
        return value
    }

    /// Puts a value back without touching the key; nil deletes the key.
    mutating func put(_ value: StoredValue?, at key: Int, in database: Int) {
        databases[database].slots[key].value = value
        if value == nil { databases[database].slots[key].expiry = Self.never }
    }

    /// Sets a key to a new value, and touches it.
    mutating func set(_ value: StoredValue, at key: Int, in database: Int, expiry: Int64 = never) {
        databases[database].slots[key] = Slot(value: value, expiry: expiry)
        databases[database].versions[key] &+= 1
    }

    func expiry(_ key: Int, in database: Int) -> Int64 { databases[database].slots[key].expiry }

    /// Deletes a key, and touches it.
    /// - Returns: false when the key does not exist.
    mutating func remove(_ name: UnsafeRawBufferPointer, in database: Int) -> Bool {
        guard exists(name, in: database), let key = key(name) else { return false }
        put(nil, at: key, in: database)
        touch(key, in: database)
        return true
    }

    /// The keys that exist, in the order of their numbers.
    func keys(in database: Int) -> [Int] {
        databases[database].slots.indices.filter { databases[database].slots[$0].value != nil }
    }

    func value(at key: Int, in database: Int) -> StoredValue? { databases[database].slots[key].value }

    /// Deletes all keys of a database. As in Redis, a watch of a missing key is not affected.
    mutating func removeAll(in database: Int) {
        for key in keys(in: database) {
            put(nil, at: key, in: database)
            touch(key, in: database)
        }
    }

    /// Takes all keys of another server. Watches notice every key that exists in either one.
    mutating func replace(with other: Keyspace) {
        for database in databases.indices {
            removeAll(in: database)
            for key in other.keys(in: database) {
                guard let value = other.value(at: key, in: database) else { continue }
                let own = other.name(of: key).withUnsafeBytes { self.key($0, in: database) }
                set(value, at: own, in: database, expiry: other.expiry(key, in: database))
            }
        }
    }

    /// Exchanges two databases. Watches stay with the database number and notice every key that exists in either one.
    mutating func exchange(_ first: Int, _ second: Int) {
        if first == second { return }
        for database in [first, second] { databases[database].grow(to: names.count) }
        for key in Set(keys(in: first)).union(keys(in: second)) {
            touch(key, in: first)
            touch(key, in: second)
        }
        let slots = databases[first].slots
        databases[first].slots = databases[second].slots
        databases[second].slots = slots
    }

    /// Deletes the keys that have expired by this time, and touches them.
    mutating func expire(at time: Int64) {
        for database in databases.indices {
            for key in databases[database].slots.indices where databases[database].slots[key].expiry < time {
                put(nil, at: key, in: database)
                touch(key, in: database)
            }
        }
    }
}
