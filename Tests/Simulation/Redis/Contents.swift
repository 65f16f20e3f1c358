/// All data of a Redis, independent of the order in which it was written. It can be compared, and printed when a schedule
/// fails.
package struct Contents: Hashable, Sendable {
    /// The value under a key.
    package enum Value: Hashable, Sendable {
        case string([UInt8])
        case hash([[UInt8]: [UInt8]])
        case set(Set<[UInt8]>)
        case sortedSet([[UInt8]: Double])
    }

    /// One key of one database.
    package struct Key: Hashable, Sendable {
        /// From 0.
        package let database: Int
        /// Its name.
        package let name: [UInt8]

        /// A key.
        package init(database: Int, name: [UInt8]) {
            self.database = database
            self.name = name
        }
    }

    /// The value of each key.
    package var values: [Key: Value]
    /// The expiry times of keys, in milliseconds of the Redis clock; keys without expiry are absent.
    package var expiries: [Key: Int64]

    /// Contents to compare with.
    package init(values: [Key: Value] = [:], expiries: [Key: Int64] = [:]) {
        self.values = values
        self.expiries = expiries
    }

    /// The differences by key, one line each.
    package func differences(from other: Contents) -> [String] {
        Set(values.keys).union(other.values.keys).sorted().compactMap { key in
            if values[key] == other.values[key], expiries[key] == other.expiries[key] { return nil }
            return "\(key): \(text(of: key)), not \(other.text(of: key))"
        }
    }

    private func text(of key: Key) -> String {
        guard let value = values[key] else { return "nothing" }
        return value.description + (expiries[key].map { " until \($0)" } ?? "")
    }
}

extension SimulatedRedis {
    /// All data of this Redis.
    package var contents: Contents {
        var contents = Contents()
        for database in 0..<Keyspace.databaseCount {
            for number in keyspace.keys(in: database) {
                let key = Contents.Key(database: database, name: keyspace.name(of: number))
                contents.values[key] = keyspace.value(at: number, in: database).map(Contents.Value.init)
                let expiry = keyspace.expiry(number, in: database)
                if expiry != Keyspace.never { contents.expiries[key] = expiry }
            }
        }
        return contents
    }
}

extension Contents.Value {
    fileprivate init(_ value: StoredValue) {
        switch value {
        case .string(let bytes): self = .string(bytes)
        case .hash(let fields):
            self = .hash(Dictionary(uniqueKeysWithValues: fields.entries.map { ($0.name, $0.value) }))
        case .set(let members): self = .set(Set(members.entries.map(\.name)))
        case .sortedSet(let members):
            self = .sortedSet(Dictionary(uniqueKeysWithValues: members.entries.map { ($0.name, $0.value) }))
        }
    }
}

extension Contents: CustomStringConvertible {
    /// One line for each key, in key order.
    package var description: String {
        values.keys.sorted().map { "\($0): \(text(of: $0))" }.joined(separator: "\n")
    }
}

extension Contents.Key: Comparable, CustomStringConvertible {
    /// By the database, then by the bytes of the name.
    package static func < (first: Self, second: Self) -> Bool {
        first.database != second.database
            ? first.database < second.database : first.name.lexicographicallyPrecedes(second.name)
    }

    /// The name, preceded by the database number unless it is 0.
    package var description: String { (database == 0 ? "" : "[\(database)] ") + printable(name) }
}

extension Contents.Value: CustomStringConvertible {
    /// The value as text. Bytes that cannot be printed are written as `\x` and two hexadecimal digits.
    package var description: String {
        switch self {
        case .string(let bytes): return "\"\(printable(bytes))\""
        case .hash(let fields):
            let sorted = fields.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            return "{\(sorted.map { "\(printable($0.key)): \"\(printable($0.value))\"" }.joined(separator: ", "))}"
        case .set(let members):
            let sorted = members.sorted { $0.lexicographicallyPrecedes($1) }
            return "{\(sorted.map(printable).joined(separator: ", "))}"
        case .sortedSet(let members):
            let sorted = members.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            return "{\(sorted.map { "\(printable($0.key)) = \($0.value)" }.joined(separator: ", "))}"
        }
    }
}

private func printable(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
        if (0x20...0x7e).contains(byte), byte != UInt8(ascii: "\\") { return String(UnicodeScalar(byte)) }
        return "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
}
