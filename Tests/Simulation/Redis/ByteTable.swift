#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A hash table with byte strings as keys. Its order depends only on the operations, never on a random hash seed. The
/// same schedule therefore gives the same replies in every process.
struct ByteTable<Value: Sendable>: Sendable {
    struct Entry: Sendable {
        let name: [UInt8]
        fileprivate let hash: UInt64
        var value: Value
    }

    private(set) var entries: [Entry] = []
    /// The indices of entries by the low bits of their hash, with open addressing. Empty while the table is so small that
    /// a linear search is as fast.
    private var places: [Int32] = []

    private static var none: Int32 { -1 }
    private static var smallSize: Int { 8 }

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }

    /// The index of an entry; valid until the next removal.
    func place(of name: UnsafeRawBufferPointer) -> Int? {
        place(of: name, hash: hashed(name))
    }

    subscript(place: Int) -> Value {
        get { entries[place].value }
        set { entries[place].value = newValue }
    }

    /// The index of an entry, which is added when it is missing.
    mutating func place(of name: UnsafeRawBufferPointer, adding value: @autoclosure () -> Value) -> (
        place: Int, isNew: Bool
    ) {
        let hash = hashed(name)
        if let place = place(of: name, hash: hash) { return (place, false) }
        entries.append(Entry(name: [UInt8](name), hash: hash, value: value()))
        let place = entries.count - 1
        // Once `places` is in use it is kept, even when the table becomes small again.
        if !places.isEmpty || entries.count > Self.smallSize {
            if entries.count * 2 > places.count { growPlaces() } else { note(place) }
        }
        return (place, true)
    }

    /// Removes an entry and moves the last one to its index.
    mutating func remove(at place: Int) {
        let last = entries.count - 1
        if !places.isEmpty {
            vacate(slot(of: place))
            if place != last { places[slot(of: last)] = Int32(place) }
        }
        entries.swapAt(place, last)
        entries.removeLast()
    }

    @inline(__always)
    private func place(of name: UnsafeRawBufferPointer, hash: UInt64) -> Int? {
        if places.isEmpty {
            return entries.firstIndex { $0.hash == hash && isSame($0.name, name) }
        }
        let mask = places.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while places[slot] != Self.none {
            let place = Int(places[slot])
            if entries[place].hash == hash, isSame(entries[place].name, name) { return place }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private mutating func growPlaces() {
        places = Array(repeating: Self.none, count: max(32, places.count * 2))
        for place in entries.indices { note(place) }
    }

    private mutating func note(_ place: Int) {
        let mask = places.count - 1
        var slot = Int(truncatingIfNeeded: entries[place].hash) & mask
        while places[slot] != Self.none { slot = (slot + 1) & mask }
        places[slot] = Int32(place)
    }

    private func slot(of place: Int) -> Int {
        let mask = places.count - 1
        var slot = Int(truncatingIfNeeded: entries[place].hash) & mask
        while places[slot] != Int32(place) { slot = (slot + 1) & mask }
        return slot
    }

    /// Empties a slot and moves later entries of the same chain back, so that searches still find them.
    private mutating func vacate(_ slot: Int) {
        let mask = places.count - 1
        var hole = slot
        var next = (slot + 1) & mask
        while places[next] != Self.none {
            let home = Int(truncatingIfNeeded: entries[Int(places[next])].hash) & mask
            if (next - home) & mask >= (next - hole) & mask {
                places[hole] = places[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        places[hole] = Self.none
    }
}

@inline(__always)
private func isSame(_ name: [UInt8], _ other: UnsafeRawBufferPointer) -> Bool {
    name.withUnsafeBytes { name in
        guard name.count == other.count else { return false }
        guard let start = name.baseAddress, let otherStart = other.baseAddress else { return true }
        return memcmp(start, otherStart, name.count) == 0
    }
}

/// A fixed hash function: eight bytes at a time, mixed by a wide multiplication.
private func hashed(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    func fold(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return product.high ^ product.low
    }
    var hash = 0xa076_1d64_78bd_642f ^ UInt64(bytes.count)
    var start = 0
    while start + 8 <= bytes.count {
        hash = fold(hash, bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        start += 8
    }
    var rest: UInt64 = 0
    while start < bytes.count {
        rest = rest << 8 | UInt64(bytes[start])
        start += 1
    }
    return fold(hash, rest)
}
