import Foundation
import Ledger
import NIOCore
import SalesRules
import Synchronization
import Testing

@testable import Server

@Suite("The feed without I/O")
struct FeedStateTests {
    var state = FeedState(boot: "b")
    let start = ContinuousClock.now
    let noon = ServerFixture.now

    @Test("Freshness is sent at the start of a stream and when it changes, and its event has no id")
    mutating func freshness() throws {
        let first = try manager()
        let fresh = FeedText.notice("freshness", Array("1".utf8))
        let behind = FeedText.notice("freshness", Array("2".utf8))
        state.publish(freshness: fresh, toOpenStreams: true)
        #expect(drain(first) == "event: freshness\ndata: 1\n\n")
        #expect(drain(first) == "")
        let opened = state.open(viewer("u-1"), .own(id("u-1")), after: nil, closeConnection: {})
        let second = try #require(opened)
        #expect(String(buffer: second.opening).hasSuffix("\n\nevent: freshness\ndata: 1\n\n"))
        #expect(drain(second.id) == "")
        state.publish(freshness: fresh, toOpenStreams: false)
        #expect(drain(first) == "" && drain(second.id) == "")
        change()
        readChanges(.removed(id("T-1"), formerAssignees: []))
        state.publish(freshness: behind, toOpenStreams: true)
        let text = drain(first)
        #expect(text.hasPrefix("event: freshness\ndata: 2\n\nid: ") && text.contains("event: removed"))
    }

    @Test("Several changes of one target are read once, and only while a stream is open")
    mutating func merging() throws {
        change()
        #expect(!state.needsReading)
        _ = try manager()
        readChanges()
        for _ in 0..<50 { change() }
        let reads = state.takeReads()
        #expect(reads.map(\.changes.targets) == [[id("T-1")]])
        #expect(!state.needsReading)
    }

    @Test("A waiting stream is woken only by events that its viewer may see")
    mutating func waking() throws {
        let woken = Mutex<[String]>([])
        for person in ["u-17", "u-18"] {
            let stream = try open(viewer(person))
            #expect(state.next(stream, at: start) { woken.withLock { $0.append(person) } } == .wait)
        }
        change()
        readChanges(progress("T-1", for: "u-18"))
        for wake in state.takeWakeups() { wake() }
        #expect(woken.withLock { $0 } == ["u-18"])
    }

    @Test("A slow viewer gets only the newest event of each target")
    mutating func slow() throws {
        let stream = try manager()
        readChanges()
        for number in 1...30 {
            change()
            readChanges(progress("T-\(number % 3)", for: "u-17", filler: "\(number)"))
        }
        let text = drain(stream)
        #expect(targets(in: text) == ["T-1", "T-2", "T-0"])
        #expect(text.contains(#""filler":"30""#))
    }

    @Test("Each salesperson who loses a target gets an event, also when another one loses it later")
    mutating func withdrawals() throws {
        let manager = try manager()
        readChanges()
        let last = state.number
        for person in ["u-17", "u-18"] {
            change()
            readChanges(.withdrawn(id("T-1"), from: [id(person)]))
        }
        for person in ["u-17", "u-18"] {
            let stream = try open(viewer(person), after: "b-\(last)")
            #expect(targets(in: drain(stream)) == ["T-1"])
        }
        #expect(drain(manager) == "")
    }

    @Test("One person has only some of the streams, and closing one makes room")
    mutating func personLimit() throws {
        var last: UInt64 = 0
        for _ in 0..<FeedState.personLimit { last = try open(viewer("u-17")) }
        #expect(state.open(viewer("u-17"), .own(id("u-17")), after: nil, closeConnection: {}) == nil)
        _ = try open(viewer("u-18"))
        state.leave(last, at: start)
        _ = try open(viewer("u-17"))
    }

    @Test("A stream ends when its token expires")
    mutating func expiry() throws {
        let stream = try open(viewer("u-17", expires: noon))
        let other = try open(viewer("u-17", expires: noon + 1))
        state.tick(at: start, date: noon - 1)
        _ = drain(stream)
        #expect(state.next(stream, at: start, wake: {}) == .wait)
        state.tick(at: start, date: noon)
        #expect(state.takeWakeups().count >= 1)
        #expect(state.next(stream, at: start, wake: {}) == .end)
        _ = drain(other)
        #expect(state.next(other, at: start, wake: {}) == .wait)
    }

    @Test("An idle stream sends a comment every fifteen seconds")
    mutating func comments() throws {
        let stream = try manager()
        readChanges()
        var comments: [String] = []
        for _ in 0..<2 * FeedState.commentSeconds {
            comments.append(drain(stream))
            state.tick(at: start, date: noon)
        }
        #expect(comments.filter { $0 == ":\n\n" }.count == 2)
        #expect(comments.allSatisfy { $0.isEmpty || $0 == ":\n\n" })
        // The comments did not mark the stream as one that missed events.
        #expect(!state.needsReading)
    }

    @Test("The server closes the connection of a viewer who has read nothing for half a minute")
    mutating func stalled() throws {
        let closed = Mutex(0)
        let manager = viewer("u-boss", .manager)
        let opened = state.open(manager, .all, after: nil) { closed.withLock { $0 += 1 } }
        let stream = try #require(opened).id
        readChanges(progress("T-1", for: "u-17"))
        guard case .write = state.next(stream, at: start, wake: {}) else {
            Issue.record("there was nothing to write")
            return
        }
        state.tick(at: start + FeedState.stallLimit, date: noon)
        for wake in state.takeWakeups() { wake() }
        #expect(closed.withLock { $0 } == 0)
        state.tick(at: start + FeedState.stallLimit + .seconds(1), date: noon)
        for wake in state.takeWakeups() { wake() }
        #expect(closed.withLock { $0 } == 1)
    }

    @Test("The number of streams is limited; when the server stops, all streams end and no new one begins")
    mutating func limit() throws {
        let first = try manager()
        for number in 1..<FeedState.streamLimit { _ = try open(viewer("u-\(number / 50)", .manager)) }
        #expect(state.open(viewer("u-new"), .own(id("u-new")), after: nil, closeConnection: {}) == nil)
        state.leave(first, at: start)
        let last = try open(viewer("u-new"))
        #expect(state.next(last, at: start, wake: {}) == .wait)
        state.close()
        #expect(state.takeWakeups().count == 1)
        #expect(state.next(last, at: start, wake: {}) == .end)
        state.leave(last, at: start)
        #expect(state.open(viewer("u-new"), .own(id("u-new")), after: nil, closeConnection: {}) == nil)
    }
}
