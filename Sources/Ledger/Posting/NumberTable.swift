/// Finds numbers by keys of 64 bits: a hash table with open addressing. `Dictionary` takes several times as long for such
/// keys, because it protects against keys that somebody chose. Here no key is chosen: they are places of days, and digests with a
/// secret of the process (``Identifier/digest``).
struct NumberTable {
    private struct Slot {
        /// One more than the key; 0 in a free slot.
        var key: UInt64 = 0
        var number = 0
    }

    private var slots: [Slot]
    private var count = 0

    /// An empty table.
    /// - Parameter capacity: the number of keys that it has room for at first; a power of two.
    init(capacity: Int) {
        precondition(capacity.nonzeroBitCount == 1)
        slots = Array(repeating: Slot(), count: 2 * capacity)
    }

    /// The number of a key.
    /// - Parameters:
    ///   - key: below the greatest number of 64 bits.
    ///   - new: the number that a new key gets.
    mutating func number(of key: UInt64, orNew new: Int) -> Int {
        if 2 * count >= slots.count { grow() }
        let slot = slot(of: key)
        if slots[slot].key == 0 {
            slots[slot] = Slot(key: key + 1, number: new)
            count += 1
        }
        return slots[slot].number
    }

    /// The slot of the key, or the free slot for it. At least half of the slots are free.
    private func slot(of key: UInt64) -> Int {
        // The highest bits of a product depend on all bits of its factor (Knuth's multiplicative hashing).
        let product = key &* 0x9e37_79b9_7f4a_7c15
        var slot = Int(product >> UInt64(64 - slots.count.trailingZeroBitCount))
        while slots[slot].key != 0, slots[slot].key != key + 1 { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(), count: 2 * old.count)
        for known in old where known.key != 0 { slots[slot(of: known.key - 1)] = known }
    }
}
