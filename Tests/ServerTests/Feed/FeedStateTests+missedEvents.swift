import Ledger
import SalesRules
import Testing

@testable import Server

/// Viewers who missed events, and what they get.
extension FeedStateTests {
    @Test("A viewer who connects again gets the newest missed event of each target, and no earlier events")
    mutating func resuming() throws {
        let stream = try manager()
        readChanges(progress("T-0", for: "u-17"))
        #expect(targets(in: drain(stream)) == ["T-0"])
        let last = state.number
        state.leave(stream, at: start)
        change()
        readChanges(progress("T-1", for: "u-17"), progress("T-2", for: "u-17"))
        change()
        readChanges(progress("T-1", for: "u-17"))
        let again = try manager(after: "b-\(last)")
        #expect(targets(in: drain(again)) == ["T-2", "T-1"])
        #expect(!state.needsReading)
    }

    @Test(
        "After an unknown or forgotten position, the viewer gets the present state of every target",
        arguments: ["b-0", "b-99", "other-1", "nonsense"]
    )
    mutating func unknownPosition(last: String) throws {
        _ = try manager()
        readChanges(progress("T-0", for: "u-17"))
        let stream = try manager(after: last)
        #expect(drain(stream) == "")
        #expect(state.needsReading)
        let number = state.number
        readChanges(snapshot: [progress("T-1", for: "u-17"), progress("T-2", for: "u-17")])
        let text = drain(stream)
        #expect(targets(in: text) == ["T-1", "T-2"])
        // Only the last event has the new position: a stream that breaks off earlier must start again.
        #expect(text.contains("id: b-0\n"))
        #expect(text.hasSuffix("\n\nid: b-\(number)\n\n"))
    }

    @Test("Events are kept for a while after the last viewer leaves; after that, a viewer needs the whole state")
    mutating func keptEvents() throws {
        let stream = try open(viewer("u-17"))
        readChanges()
        let last = state.number
        state.leave(stream, at: start)
        state.tick(at: start + FeedTenant.retention - .seconds(1), date: noon)
        change()
        readChanges(progress("T-1", for: "u-17"))
        let again = try open(viewer("u-17"), after: "b-\(last)")
        #expect(targets(in: drain(again)) == ["T-1"])
        state.leave(again, at: start)
        state.tick(at: start + FeedTenant.retention, date: noon)
        #expect(state.tenants.isEmpty)
        change()
        #expect(!state.needsReading)
        _ = try open(viewer("u-17"), after: "b-\(state.number)")
        #expect(state.takeReads().map { Array($0.snapshotRequests.keys) } == [[.own(id("u-17"))]])
    }

    @Test("A position is not usable for a person whose changes were not read at that time")
    mutating func otherScope() throws {
        _ = try open(viewer("u-18"))
        readChanges()
        let last = state.number
        change()
        // No stream of u-17 was open, so that the changes of u-17 were not read.
        readChanges(progress("T-1", for: "u-18"))
        _ = try open(viewer("u-17"), after: "b-\(last)")
        #expect(state.takeReads().first?.snapshotRequests.keys.contains(.own(id("u-17"))) == true)
    }

    @Test("When announcements may have been missed, every viewer gets the present state")
    mutating func missed() throws {
        let manager = try manager()
        let person = try open(viewer("u-17"))
        readChanges()
        _ = (drain(manager), drain(person))
        state.resyncAll()
        let reads = state.takeReads()
        #expect(reads.first?.changes.isIncomplete == true)
        #expect(reads.first.map { Set($0.snapshotRequests.keys) } == [.all, .own(id("u-17"))])
        for read in reads {
            let snapshots = read.snapshotRequests.mapValues { _ in [progress("T-9", for: "u-17")] }
            state.publish(.init(events: [], snapshots: snapshots, catalog: Catalog()), for: read)
        }
        #expect(targets(in: drain(manager)) == ["T-9"])
        #expect(targets(in: drain(person)) == ["T-9"])
    }

    @Test("A read that failed is repeated for the streams that are still open")
    mutating func requeue() throws {
        let closed = try manager(after: "b-0")
        let remaining = try manager(after: "b-0")
        change()
        let reads = state.takeReads()
        state.leave(closed, at: start)
        for read in reads { state.requeue(read) }
        let again = try #require(state.takeReads().first)
        #expect(again.changes.targets == [id("T-1")])
        #expect(again.snapshotRequests == [.all: [remaining]])
    }

    @Test("Many viewers who missed events are served in several small reads")
    mutating func manyViewers() throws {
        for number in 0..<100 { _ = try open(viewer("u-\(number)"), after: "b-0") }
        var reads = 0
        while let read = state.takeReads().first {
            #expect(read.snapshotRequests.count <= FeedState.scopesPerRead)
            state.publish(.init(events: [], snapshots: [:], catalog: Catalog()), for: read)
            reads += 1
        }
        #expect(reads == 7)
    }
}
