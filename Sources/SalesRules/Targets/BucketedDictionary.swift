/// A dictionary in buckets. A copy shares them with its original, so that a change after a copy costs one bucket and the
/// list of buckets, where a `Dictionary` would be copied as a whole.
///
/// Buckets are split one at a time as it grows (linear hashing), so that no single change takes long.
struct BucketedDictionary<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// The most keys of a bucket, on average.
    private static var load: Int { 64 }

    private var buckets: [[Key: Value]] = [[:]]
    private(set) var count = 0

    /// The keys, in no order.
    var keys: some Sequence<Key> { buckets.lazy.flatMap(\.keys) }

    subscript(key: Key) -> Value? {
        get { buckets[place(of: key)][key] }
        set {
            let place = place(of: key)
            let before = buckets[place].count
            buckets[place][key] = newValue
            grow(by: buckets[place].count - before)
        }
    }

    /// Changes a value in place; one that is missing is `value` before.
    mutating func update(_ key: Key, default value: Value, _ body: (inout Value) -> Void) {
        let place = place(of: key)
        let before = buckets[place].count
        body(&buckets[place][key, default: value])
        grow(by: buckets[place].count - before)
    }

    /// The greatest power of two that is not above the number of buckets.
    private var power: Int { 1 << (Int.bitWidth - 1 - buckets.count.leadingZeroBitCount) }

    private func place(of key: Key) -> Int {
        let place = key.hashValue & (2 * power - 1)
        return place < buckets.count ? place : place - power
    }

    private mutating func grow(by change: Int) {
        count += change
        guard count > Self.load * buckets.count else { return }
        let split = buckets.count - power
        let entries = buckets[split]
        buckets[split] = [:]
        buckets.append([:])
        for (key, value) in entries { buckets[place(of: key)][key] = value }
    }
}
