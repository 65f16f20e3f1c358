/// Numbered places for values, in pages. A copy shares them with its original, so that a change after a copy costs one
/// page and the list of pages.
struct Slots<Value: Sendable>: Sendable {
    private static var pageSize: Int { 64 }

    private var pages: [[Value?]] = []
    private var free: [Int] = []

    /// The value in a slot; nil in a free one.
    subscript(slot: Int) -> Value? { pages[slot / Self.pageSize][slot % Self.pageSize] }

    /// - Returns: the slot that has the value now.
    mutating func add(_ value: Value) -> Int {
        if free.isEmpty {
            free = (pages.count * Self.pageSize..<(pages.count + 1) * Self.pageSize).reversed()
            pages.append(Array(repeating: nil, count: Self.pageSize))
        }
        let slot = free.removeLast()
        pages[slot / Self.pageSize][slot % Self.pageSize] = value
        return slot
    }

    /// Frees a slot.
    mutating func remove(_ slot: Int) {
        pages[slot / Self.pageSize][slot % Self.pageSize] = nil
        free.append(slot)
    }
}
