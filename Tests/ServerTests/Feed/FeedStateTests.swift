import Foundation
import Ledger
import NIOCore
import SalesRules
import Synchronization
import Testing

@testable import Server

@Suite("The feed without I/O")
struct FeedStateTests {
    private var state = FeedState(boot: "b")
    private let start = ContinuousClock.now
    private let noon = ServerFixture.now

    private func viewer(_ person: String, _ role: Role = .salesperson, expires: Date = .distantFuture) -> Viewer {
        Viewer(id: id(person), tenant: acme, role: role, name: "", expires: expires)
    }

    private mutating func open(_ viewer: Viewer, after last: String? = nil) throws -> UInt64 {
        let scope = try #require(FeedScope(of: viewer))
        let opened = state.open(viewer, scope, after: last, hangUp: {})
        return try #require(opened).id
    }

    private mutating func manager(after last: String? = nil) throws -> UInt64 {
        try open(viewer("u-boss", .manager), after: last)
    }

    /// What a stream writes until it waits or ends.
    private mutating func drain(_ stream: UInt64) -> String {
        var text = ""
        while case .write(let frame) = state.next(stream, at: start, wake: {}) { text += String(buffer: frame) }
        return text
    }

    /// Looks at what changed, and finds these events and, for those who are behind, this standing.
    private mutating func round(_ events: FeedEvent..., standing: [FeedEvent] = []) {
        for round in state.takeRounds() {
            let everyone = round.behind.mapValues { _ in standing }
            state.tell(.init(events: events, standing: everyone, catalog: Catalog()), of: round)
        }
    }

    private mutating func change(_ target: String = "T-1") {
        state.hear(Announcement(targets: [TenantScoped(tenant: acme, id: id(target))]))
    }

    private func targets(in text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("data: ") else { return nil }
            let json = try? JSONSerialization.jsonObject(with: Data(line.dropFirst(6).utf8)) as? [String: Any]
            return json?["id"] as? String ?? String(line.dropFirst(6))
        }
    }

    @Test("How old the results are is told at the beginning and when there is news, and has no place in the stream")
    mutating func freshness() throws {
        let early = try manager()
        let fresh = FeedText.notice("freshness", Array("1".utf8))
        let behind = FeedText.notice("freshness", Array("2".utf8))
        state.tell(freshness: fresh, isNews: true)
        #expect(drain(early) == "event: freshness\ndata: 1\n\n")
        #expect(drain(early) == "")
        let opened = state.open(viewer("u-1"), .own(id("u-1")), after: nil, hangUp: {})
        let late = try #require(opened)
        #expect(String(buffer: late.opening).hasSuffix("\n\nevent: freshness\ndata: 1\n\n"))
        #expect(drain(late.id) == "")
        state.tell(freshness: fresh, isNews: false)
        #expect(drain(early) == "" && drain(late.id) == "")
        change()
        round(.removed(id("T-1"), formerly: []))
        state.tell(freshness: behind, isNews: true)
        let text = drain(early)
        #expect(text.hasPrefix("event: freshness\ndata: 2\n\nid: ") && text.contains("event: removed"))
    }

    @Test("What changes again and again before it is looked at is looked at once, and only if someone follows")
    mutating func merging() throws {
        change()
        #expect(!state.needsReading)
        _ = try manager()
        round()
        for _ in 0..<50 { change() }
        let rounds = state.takeRounds()
        #expect(rounds.map(\.changes.targets) == [[id("T-1")]])
        #expect(!state.needsReading)
    }

    @Test("Those who wait are woken by what is theirs, and nobody else is")
    mutating func waking() throws {
        let woken = Mutex<[String]>([])
        for person in ["u-17", "u-18"] {
            let stream = try open(viewer(person))
            #expect(state.next(stream, at: start) { woken.withLock { $0.append(person) } } == .wait)
        }
        change()
        round(progress("T-1", for: "u-18"))
        for wake in state.takeWakes() { wake() }
        #expect(woken.withLock { $0 } == ["u-18"])
    }

    @Test("Who is slow gets the newest of each, once")
    mutating func slow() throws {
        let stream = try manager()
        round()
        for number in 1...30 {
            change()
            round(progress("T-\(number % 3)", for: "u-17", filler: "\(number)"))
        }
        let text = drain(stream)
        #expect(targets(in: text) == ["T-1", "T-2", "T-0"])
        #expect(text.contains(#""filler":"30""#))
    }

    @Test("Who comes back gets what they missed, once each, and nothing of before")
    mutating func resuming() throws {
        let stream = try manager()
        round(progress("T-0", for: "u-17"))
        #expect(targets(in: drain(stream)) == ["T-0"])
        let last = state.number
        state.leave(stream, at: start)
        change()
        round(progress("T-1", for: "u-17"), progress("T-2", for: "u-17"))
        change()
        round(progress("T-1", for: "u-17"))
        let again = try manager(after: "b-\(last)")
        #expect(targets(in: drain(again)) == ["T-2", "T-1"])
        #expect(!state.needsReading)
    }

    @Test(
        "Who names a place that is not known, or not any more, is told how everything stands",
        arguments: ["b-0", "b-99", "other-1", "nonsense"]
    )
    mutating func unknownPlace(last: String) throws {
        _ = try manager()
        round(progress("T-0", for: "u-17"))
        let stream = try manager(after: last)
        #expect(drain(stream) == "")
        #expect(state.needsReading)
        let number = state.number
        round(standing: [progress("T-1", for: "u-17"), progress("T-2", for: "u-17")])
        let text = drain(stream)
        #expect(targets(in: text) == ["T-1", "T-2"])
        // Only its end says where the stream is: one that breaks off before begins again.
        #expect(text.contains("id: b-0\n"))
        #expect(text.hasSuffix("\n\nid: b-\(number)\n\n"))
    }

    @Test("News of those who left are kept for a while, and then those who come back have to be told everything")
    mutating func patience() throws {
        let stream = try open(viewer("u-17"))
        round()
        let last = state.number
        state.leave(stream, at: start)
        state.tick(at: start + FeedTenant.patience - .seconds(1), date: noon)
        change()
        round(progress("T-1", for: "u-17"))
        let again = try open(viewer("u-17"), after: "b-\(last)")
        #expect(targets(in: drain(again)) == ["T-1"])
        state.leave(again, at: start)
        state.tick(at: start + FeedTenant.patience, date: noon)
        #expect(state.tenants.isEmpty)
        change()
        #expect(!state.needsReading)
        _ = try open(viewer("u-17"), after: "b-\(state.number)")
        #expect(state.takeRounds().map { Array($0.behind.keys) } == [[.own(id("u-17"))]])
    }

    @Test("What nobody looked for on behalf of a person cannot be continued from")
    mutating func otherScope() throws {
        _ = try open(viewer("u-18"))
        round()
        let last = state.number
        change()
        // Nobody follows for u-17, so that nothing of theirs was looked at.
        round(progress("T-1", for: "u-18"))
        _ = try open(viewer("u-17"), after: "b-\(last)")
        #expect(state.takeRounds().first?.behind.keys.contains(.own(id("u-17"))) == true)
    }

    @Test("When announcements may have been missed, everyone is told how everything stands")
    mutating func missed() throws {
        let manager = try manager()
        let person = try open(viewer("u-17"))
        round()
        _ = (drain(manager), drain(person))
        state.missEverything()
        let rounds = state.takeRounds()
        #expect(rounds.first?.changes.isIncomplete == true)
        #expect(rounds.first.map { Set($0.behind.keys) } == [.all, .own(id("u-17"))])
        for round in rounds {
            let standing = round.behind.mapValues { _ in [progress("T-9", for: "u-17")] }
            state.tell(.init(events: [], standing: standing, catalog: Catalog()), of: round)
        }
        #expect(targets(in: drain(manager)) == ["T-9"])
        #expect(targets(in: drain(person)) == ["T-9"])
    }

    @Test("What could not be looked at is looked at again, for those who are still there")
    mutating func putBack() throws {
        let gone = try manager(after: "b-0")
        let stays = try manager(after: "b-0")
        change()
        let rounds = state.takeRounds()
        state.leave(gone, at: start)
        for round in rounds { state.putBack(round) }
        let again = try #require(state.takeRounds().first)
        #expect(again.changes.targets == [id("T-1")])
        #expect(again.behind == [.all: [stays]])
    }

    @Test("Many who are behind do not hold up the news")
    mutating func stampede() throws {
        for number in 0..<100 { _ = try open(viewer("u-\(number)"), after: "b-0") }
        var rounds = 0
        while let round = state.takeRounds().first {
            #expect(round.behind.count <= FeedState.scopesPerRound)
            state.tell(.init(events: [], standing: [:], catalog: Catalog()), of: round)
            rounds += 1
        }
        #expect(rounds == 7)
    }

    @Test("Whoever loses a target is told, also after another one lost it")
    mutating func withdrawals() throws {
        let manager = try manager()
        round()
        let last = state.number
        for person in ["u-17", "u-18"] {
            change()
            round(.withdrawn(id("T-1"), from: [id(person)]))
        }
        for person in ["u-17", "u-18"] {
            let stream = try open(viewer(person), after: "b-\(last)")
            #expect(targets(in: drain(stream)) == ["T-1"])
        }
        #expect(drain(manager) == "")
    }

    @Test("A stream ends with its token")
    mutating func expiry() throws {
        let stream = try open(viewer("u-17", expires: noon))
        let other = try open(viewer("u-17", expires: noon + 1))
        state.tick(at: start, date: noon - 1)
        _ = drain(stream)
        #expect(state.next(stream, at: start, wake: {}) == .wait)
        state.tick(at: start, date: noon)
        #expect(state.takeWakes().count >= 1)
        #expect(state.next(stream, at: start, wake: {}) == .end)
        _ = drain(other)
        #expect(state.next(other, at: start, wake: {}) == .wait)
    }

    @Test("A stream that has nothing to say shows every fifteen seconds that it is alive")
    mutating func comments() throws {
        let stream = try manager()
        round()
        var comments: [String] = []
        for _ in 0..<2 * FeedState.commentSeconds {
            comments.append(drain(stream))
            state.tick(at: start, date: noon)
        }
        #expect(comments.filter { $0 == ":\n\n" }.count == 2)
        #expect(comments.allSatisfy { $0.isEmpty || $0 == ":\n\n" })
        // Waking it did not make it look as if it had missed something.
        #expect(!state.needsReading)
    }

    @Test("A viewer who takes nothing for half a minute is hung up on")
    mutating func stalled() throws {
        let hungUp = Mutex(0)
        let boss = viewer("u-boss", .manager)
        let opened = state.open(boss, .all, after: nil) { hungUp.withLock { $0 += 1 } }
        let stream = try #require(opened).id
        round(progress("T-1", for: "u-17"))
        guard case .write = state.next(stream, at: start, wake: {}) else {
            Issue.record("there was nothing to write")
            return
        }
        state.tick(at: start + FeedState.stallLimit, date: noon)
        for wake in state.takeWakes() { wake() }
        #expect(hungUp.withLock { $0 } == 0)
        state.tick(at: start + FeedState.stallLimit + .seconds(1), date: noon)
        for wake in state.takeWakes() { wake() }
        #expect(hungUp.withLock { $0 } == 1)
    }

    @Test("There is a limit to how many may follow, and when the server stops all streams end and none begins")
    mutating func limit() throws {
        let first = try manager()
        for _ in 1..<FeedState.streamLimit { _ = try manager() }
        #expect(state.open(viewer("u-17"), .own(id("u-17")), after: nil, hangUp: {}) == nil)
        state.leave(first, at: start)
        let last = try open(viewer("u-17"))
        #expect(state.next(last, at: start, wake: {}) == .wait)
        state.close()
        #expect(state.takeWakes().count == 1)
        #expect(state.next(last, at: start, wake: {}) == .end)
        state.leave(last, at: start)
        #expect(state.open(viewer("u-17"), .own(id("u-17")), after: nil, hangUp: {}) == nil)
    }
}
