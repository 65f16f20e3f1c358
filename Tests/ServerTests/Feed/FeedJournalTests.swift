import Foundation
import Ledger
import NIOCore
import SalesRules
import Testing

@testable import Server

@Suite("The feed's journal")
struct FeedJournalTests {
    private func position(_ number: UInt64) -> FeedPosition { FeedPosition(boot: "b", number: number) }

    /// The numbers of the events in a frame.
    private func numbers(_ frame: (frame: ByteBuffer, upTo: UInt64)?) -> [Int] {
        let lines = frame.map { String(buffer: $0.frame) }?.split(separator: "\n") ?? []
        return lines.filter { $0.hasPrefix("id: b-") }.compactMap { Int($0.dropFirst(6)) }
    }

    @Test("Of several events about one target only the newest is kept, at its own position")
    func newest() {
        var journal = FeedJournal(after: 10)
        journal.append(progress("T-1", for: "u-17"), at: position(11))
        journal.append(progress("T-2", for: "u-17"), at: position(12))
        journal.append(progress("T-1", for: "u-17"), at: position(13))
        #expect(numbers(journal.frame(after: 10, for: .all)) == [12, 13])
        #expect(numbers(journal.frame(after: 12, for: .all)) == [13])
        #expect(journal.frame(after: 13, for: .all) == nil)
    }

    @Test("A salesperson gets their own events; a manager gets all except withdrawals of targets from a salesperson")
    func scopes() {
        var journal = FeedJournal(after: 0)
        journal.append(progress("T-1", for: "u-17"), at: position(1))
        journal.append(progress("T-2", for: "u-18"), at: position(2))
        journal.append(.results(of: nil, year: 2026), at: position(3))
        journal.append(.results(of: id("u-17"), year: 2026), at: position(4))
        journal.append(.withdrawn(id("T-3"), from: [id("u-18")]), at: position(5))
        #expect(numbers(journal.frame(after: 0, for: .all)) == [1, 2, 3, 4])
        #expect(numbers(journal.frame(after: 0, for: .own(id("u-17")))) == [1, 4])
        #expect(numbers(journal.frame(after: 0, for: .own(id("u-18")))) == [2, 5])
        #expect(journal.frame(after: 0, for: .own(id("u-19"))) == nil)
    }

    @Test("Above the limit the oldest events are dropped, and the floor is the last dropped position")
    func bounds() {
        var journal = FeedJournal(after: 0)
        let count = UInt64(FeedJournal.countLimit) + 1
        for number in 1...count { journal.append(progress("T-\(number)", for: "u-17"), at: position(number)) }
        #expect(journal.discardedUpTo > 0)
        #expect(numbers(journal.frame(after: 0, for: .all)).first.map(UInt64.init) == journal.discardedUpTo + 1)
        #expect(numbers(journal.frame(after: count - 1, for: .all)) == [Int(count)])
    }

    @Test("Many changes of one target do not push out the events of other targets")
    func oneBusyTarget() {
        var journal = FeedJournal(after: 0)
        journal.append(progress("T-quiet", for: "u-17"), at: position(1))
        for number in 2...UInt64(10 * FeedJournal.countLimit) {
            journal.append(progress("T-busy", for: "u-17"), at: position(number))
        }
        #expect(journal.discardedUpTo == 0)
        #expect(numbers(journal.frame(after: 0, for: .all)) == [1, 10 * FeedJournal.countLimit])
    }

    @Test("A long journal is sent in frames of limited size, without gaps")
    func frames() {
        var journal = FeedJournal(after: 0)
        let large = String(repeating: "x", count: FeedJournal.frameLimit / 3)
        for number in 1...10 as ClosedRange<UInt64> {
            journal.append(progress("T-\(number)", for: "u-17", filler: large), at: position(number))
        }
        var (all, last): ([Int], UInt64) = ([], 0)
        while let part = journal.frame(after: last, for: .all) {
            #expect(part.frame.readableBytes <= FeedJournal.frameLimit)
            all += numbers(part)
            last = part.upTo
        }
        #expect(all == Array(1...10))
    }

    @Test("A position in the feed is parsed from its own text, and any other text is refused")
    func positions() {
        let position = FeedPosition(boot: FeedPosition.newBoot(), number: 12)
        #expect(FeedPosition("\(position)") == position)
        for text in ["", "-", "b-", "-1", "b--1", "b-1-1", "b-x", "b-99999999999999999999", "b", "b-1 ", "b\n-1x"] {
            #expect(FeedPosition(text) == nil, "\(text)")
        }
    }
}

@Suite("Changes that the feed has not read yet")
struct FeedChangesTests {
    private func days(_ person: String?, _ year: Int, _ ordinals: ClosedRange<Int>) -> Announcement.Days {
        .init(key: DaysKey(tenant: acme, person: person.map { id($0) }, year: year), ordinals: ordinals)
    }

    private func catalog(_ events: Event...) -> Catalog {
        var catalog = Catalog()
        for case .target(_, .saved(let target)) in events.map(\.change) {
            catalog.put(CatalogTarget(target: target, revision: 1))
        }
        return catalog
    }

    @Test("The changed days of one year are merged into one range")
    func merging() {
        var changes = FeedChanges()
        for ordinals in [5...6, 9...9, 2...3] { changes.add(days("u-17", 2026, ordinals)) }
        changes.add(days("u-17", 2025, 1...1))
        #expect(changes.days.count == 2)
        #expect(changes.days[DaysKey(tenant: acme, person: id("u-17"), year: 2026)] == 2...9)
    }

    @Test("Changed days, targets and names select the targets that they concern")
    func concernedTargets() {
        let catalog = catalog(
            target("T-jan", goal: "1.00", from: "2026-01-01", to: "2026-01-31"),
            target("T-feb", goal: "1.00", from: "2026-02-01", to: "2026-02-28"),
            target("T-long", goal: "1.00", from: "2024-01-01", to: "2027-12-31", for: ["u-17", "u-18"]),
            target("T-18", goal: "1.00", for: ["u-18"]),
            target("T-19", goal: "1.00", for: ["u-19"])
        )
        func found(_ make: (inout FeedChanges) -> Void) -> [String] {
            var changes = FeedChanges()
            make(&changes)
            return changes.targets(in: catalog).keys.map(\.rawValue).sorted()
        }
        #expect(found { $0.add(days("u-17", 2026, 30...30)) } == ["T-jan", "T-long"])
        #expect(found { $0.add(days("u-17", 2026, 30...31)) } == ["T-feb", "T-jan", "T-long"])
        #expect(found { $0.add(days("u-17", 2025, 0...364)) } == ["T-long"])
        #expect(found { $0.add(days(nil, 2026, 0...364)) } == [])
        #expect(found { $0.add(target: id("T-19")) } == ["T-19"])
        #expect(found { $0.add(target: id("T-none")) } == [])
        #expect(found { $0.add(person: id("u-18")) } == ["T-18", "T-long"])
    }

    @Test("Above the limit the changes are marked as incomplete")
    func overflow() {
        var changes = FeedChanges()
        for number in 0...FeedChanges.limit { changes.add(target: id("T-\(number)")) }
        #expect(changes.isIncomplete && changes.hasOverflowed)
        #expect(changes.targets.count <= 1)
    }
}

/// A progress event of a target; `filler` makes it large.
func progress(_ target: String, for people: String..., filler: String = "") -> FeedEvent {
    let target = Target(
        id: id(target),
        measure: .revenue,
        goal: 1,
        period: Period(start: day("2026-01-01"), end: day("2026-12-31"))!,
        assignees: people.map { id($0) }
    )!
    return .progress(of: target, entry: Array(#"{"id":"\#(target.id)","filler":"\#(filler)"}"#.utf8))
}
