import Model
import SalesRules
import Testing

@Suite("The state that is written once more behind a record")
struct RestatingTests {
    private static let listed = [Allocation(id: id("A-1"), salesperson: id("u-2"), limit: .whole)]

    /// What is known after some changes, and whether the last of them alone gives it.
    static let cases: [(name: String, changes: [OrderChange], isGiven: Bool)] = [
        ("a save", [.saved(order(), listed: nil, version: nil)], true),
        ("a newer save", [.saved(order(), listed: nil, version: 1), .saved(order(), listed: nil, version: 2)], true),
        (
            "the same save again",
            [.saved(order(), listed: nil, version: 1), .saved(order(), listed: nil, version: 1)], true
        ),
        ("a stale save", [.saved(order(), listed: nil, version: 7), .saved(order(), listed: nil, version: 6)], false),
        (
            "a save without version",
            [.saved(order(), listed: nil, version: 7), .saved(order(), listed: nil, version: nil)], false
        ),
        (
            "a save without list",
            [.saved(order(), listed: listed, version: nil), .saved(order(), listed: nil, version: nil)], false
        ),
        (
            "a save with list",
            [.saved(order(), listed: listed, version: 1), .saved(order(), listed: listed, version: 2)], true
        ),
        ("a deletion", [.saved(order(), listed: nil, version: nil), .deleted(version: nil)], true),
        ("a deletion with version", [.saved(order(), listed: nil, version: 1), .deleted(version: 2)], true),
        ("a deletion without version", [.saved(order(), listed: nil, version: 1), .deleted(version: nil)], false),
        ("a deletion that keeps a list", [.saved(order(), listed: listed, version: 1), .deleted(version: 2)], false),
        ("a stale save of a deleted order", [.deleted(version: 9), .saved(order(), listed: nil, version: 2)], false),
        ("an allocation", [.allocationSaved(listed[0], version: 1)], true),
        (
            "a stale allocation", [.allocationSaved(listed[0], version: 2), .allocationDeleted(id("A-1"), version: 1)],
            false
        ),
        (
            "a deleted allocation",
            [.allocationSaved(listed[0], version: 2), .allocationDeleted(id("A-1"), version: 3)], true
        ),
    ]

    @Test("Only a record that does not give what is known is followed by the state", arguments: cases.indices)
    func owed(index: Int) throws {
        let (name, changes, isGiven) = Self.cases[index]
        let known = try entry(changes)
        #expect(known.isGiven(by: changes[changes.count - 1]) == isGiven, "\(name)")
    }

    @Test("A state that comes late does not give back a list that a save without version has emptied since")
    func late() throws {
        let first: [OrderChange] = [
            .saved(order(), listed: Self.listed, version: nil), .saved(order(), listed: nil, version: nil),
        ]
        let state = try #require(try entry(first).restatement(of: .order))
        var emptied = try entry(first + [.saved(order(), listed: [], version: nil)])
        #expect(try emptied.restate(state) == false)
        #expect(emptied.allocations.isEmpty)
        var compacted = try entry([first[1]])
        #expect(try compacted.restate(state))
        #expect(compacted.allocations == Self.listed)
    }

    @Test(
        "The state alone gives what is known, and changes nothing behind any part of the records",
        arguments: cases.indices
    )
    func alone(index: Int) throws {
        let (name, changes, _) = Self.cases[index]
        let known = try entry(changes)
        let restatement = try #require(known.restatement(of: changes[0].part))
        for first in 0...changes.count {
            var compacted = try entry(Array(changes[first...]))
            _ = try compacted.restate(restatement)
            #expect(forgetting(compacted) == forgetting(known), "\(name), from record \(first)")
            #expect(compacted.isGiven(by: restatement), "\(name), from record \(first)")
        }
    }

    @Test("A state that was overtaken by an event changes nothing")
    func overtaken() throws {
        let changes: [OrderChange] = [
            .saved(order(total: 1), listed: Self.listed, version: nil),
            .saved(order(total: 2), listed: nil, version: nil),
        ]
        let late = try #require(try entry(changes).restatement(of: .order))
        var known = try entry(changes + [.saved(order(total: 3), listed: nil, version: nil)])
        let before = known
        #expect(try !known.restate(late))
        #expect(known == before)
        #expect(!known.isGiven(by: late))
    }

    private func entry(_ changes: [OrderChange]) throws -> OrderEntry {
        var entry = OrderEntry()
        for change in changes { _ = try entry.apply(change) }
        return entry
    }

    /// The save of a deleted order has no effect.
    private func forgetting(_ entry: OrderEntry) -> OrderEntry {
        var entry = entry
        if entry.isDeleted { entry.order = nil }
        return entry
    }
}
