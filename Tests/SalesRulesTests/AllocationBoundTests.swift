import Model
import SalesRules
import Testing

@Suite("Bounds on the allocations of an order")
struct AllocationBoundTests {
    private static func saved(_ number: Int, version: RecordVersion? = nil) -> OrderChange {
        .allocationSaved(allocation("A-\(number) u-\(number) 1%"), version: version)
    }

    private static func deleted(_ number: Int, version: RecordVersion? = nil) -> OrderChange {
        .allocationDeleted(id("A-\(number)"), version: version)
    }

    private static func ids(_ numbers: [Int]) -> [Identifier] { numbers.map { id("A-\($0)") } }

    /// What the change is refused for; nil when nothing is beyond a bound.
    private func exceeded(_ change: OrderChange, _ entry: inout OrderEntry) -> BoundExceeded? {
        do throws(BoundExceeded) {
            _ = try entry.apply(change)
            return nil
        } catch {
            return error
        }
    }

    private func numbers(_ allocations: [Allocation]) -> [Int] {
        allocations.compactMap { Int($0.id.rawValue.dropFirst(2)) }.sorted()
    }

    @Test("Of more than 100 allocations the first by id count, whoever came first, and another one when there is room")
    func count() {
        var changed = entry(.saved(order(), listed: nil, version: nil))
        for number in (2...101).reversed() { #expect(exceeded(Self.saved(number), &changed) == nil) }
        #expect(exceeded(Self.saved(102), &changed)?.uncounted == Self.ids([102]))
        #expect(exceeded(Self.saved(1), &changed)?.uncounted == Self.ids([101]))
        #expect(numbers(changed.allocations) == Array(1...100))
        #expect(numbers(changed.inForce) == Array(1...102))
        // What counts already can be changed.
        #expect(exceeded(Self.saved(7), &changed) == nil)
        #expect(exceeded(Self.saved(102), &changed)?.uncounted == Self.ids([102]))
        #expect(exceeded(Self.deleted(50), &changed) == nil)
        #expect(numbers(changed.allocations) == (1...101).filter { $0 != 50 })
    }

    @Test("Listed allocations and those saved on their own share the bound")
    func listed() {
        let list = (5...104).map { allocation("A-\($0) u-\($0) 1%") }
        var changed = entry(.saved(order(), listed: list, version: nil), Self.saved(5))
        #expect(exceeded(Self.saved(3), &changed)?.uncounted == Self.ids([104]))
        #expect(numbers(changed.allocations) == [3] + Array(5...103))
        // A save says again what does not count; one without a list says nothing.
        let again = exceeded(.saved(order(), listed: list, version: nil), &changed)
        #expect(again?.uncounted == Self.ids([104]) && again?.member == "allocations")
        #expect(exceeded(.saved(order(), listed: nil, version: nil), &changed) == nil)
        #expect(exceeded(Self.deleted(3), &changed) == nil)
        #expect(numbers(changed.allocations) == Array(5...104))
    }

    @Test("The first 1,000 allocations saved or deleted on their own are remembered")
    func remembered() {
        var changed = entry(.saved(order(), listed: [allocation("A-2000 ann")], version: nil))
        for number in 2...1_001 { #expect(exceeded(Self.deleted(number), &changed) == nil) }
        #expect(exceeded(Self.deleted(2_000), &changed)?.forgotten == id("A-2000"))
        #expect(numbers(changed.allocations) == [2_000])
        let late = exceeded(Self.saved(1), &changed)
        #expect(late?.forgotten == id("A-1001") && late?.member == "id")
        #expect(changed.own.count == OrderEntry.maximumOwn)
        #expect(numbers(changed.allocations) == [1, 2_000])
    }

    @Test("Beyond the bounds too, any interleaving of partitions gives the same entry, which is the model's")
    func interleaving() {
        var random = SeededGenerator(seed: seedOfThisRun)
        // One partition of orders, and twelve of allocations.
        var partitions: [[OrderChange]] = Array(repeating: [], count: 13)
        for version in 1...6 as ClosedRange<Int64> {
            let list = (0..<100).map { _ in Int.random(in: 1...1_400, using: &random) }
            partitions[0].append(
                .saved(
                    order(total: version * 100_00),
                    listed: Set(list).sorted().map { allocation("A-\($0) u-\($0 % 7) 1%") },
                    version: RecordVersion(version)
                )
            )
        }
        for step in 1...3_000 as ClosedRange<Int64> {
            let number = Int.random(in: 1...1_200, using: &random)
            let version = random.chance(300) ? nil : RecordVersion(step)
            partitions[1 + number % 12].append(
                random.chance(800) ? Self.deleted(number, version: version) : Self.saved(number, version: version)
            )
        }
        let total = partitions.reduce(0) { $0 + $1.count }
        var first: OrderEntry?
        for round in 1...6 {
            var next = Array(repeating: 0, count: partitions.count)
            var entry = OrderEntry()
            var model = SalesModel(rules: Rules())
            while next.reduce(0, +) < total {
                // A partition is read for a while, as by a worker that falls behind on the others.
                let partition = Int.random(in: 0..<partitions.count, using: &random)
                for _ in 0..<Int.random(in: 1...400, using: &random) where next[partition] < partitions[partition].count
                {
                    let change = partitions[partition][next[partition]]
                    next[partition] += 1
                    _ = exceeded(change, &entry)
                    model.apply(Event(tenant: id("acme"), .order(id("SO-1"), change)))
                }
            }
            #expect(entry == first ?? entry, "seed \(seedOfThisRun), round \(round)")
            #expect(entry.allocations == model.allocations(of: id("SO-1"), tenant: id("acme")), "seed \(seedOfThisRun)")
            #expect(entry.own.count == OrderEntry.maximumOwn && entry.inForce.count > entry.allocations.count)
            first = entry
        }
    }
}
