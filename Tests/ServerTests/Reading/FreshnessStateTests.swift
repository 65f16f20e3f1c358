import Foundation
import Ledger
import Log
import Redis
import Testing

@testable import Server

@Suite("How old the results are, without I/O")
struct FreshnessStateTests {
    private static let partition = ServerFixture.orders
    private static let noon = ServerFixture.now
    private static let fault = FreshnessState.Fault(sentence: "It is gone: bring it back.")
    private var state = FreshnessState()

    /// A look so many seconds after noon, with the log's end and what is applied; nil for what does not answer.
    private mutating func look(_ second: Double, end: Int64?, applied: Int64?, stopped: [StoppedPartition] = []) {
        let bounds = end.map { end in [Self.partition: Watermarks(low: 0, high: end)] }
        look(second, bounds, applied.map { applied -> [TopicPartition: Int64] in [Self.partition: applied] }, stopped)
    }

    private mutating func look(
        _ second: Double,
        _ bounds: [TopicPartition: Watermarks]?,
        _ applied: [TopicPartition: Int64]?,
        _ stopped: [StoppedPartition] = []
    ) {
        let cursors = applied?.filter { $0.value > 0 }.mapValues {
            Cursor(next: $0, last: .init(offset: $0 - 1, checksum: 0))
        }
        state.take(
            FreshnessState.Finding(
                date: Self.noon + second,
                log: bounds.map { .success($0) } ?? .failure(Self.fault),
                ledger: cursors.map { .success(LedgerHealth(stopped: stopped, cursors: $0)) }
                    ?? .failure(.away(Self.fault))
            )
        )
    }

    private var asOf: Double? { state.asOf?.timeIntervalSince(Self.noon) }

    @Test("While nothing waits, results are as new as the last look")
    mutating func nothingWaits() {
        #expect(state.asOf == nil && state.lag == nil)
        for second in 0..<20 {
            look(Double(second), end: 7, applied: 7)
            #expect(asOf == Double(second) && state.lag == 0 && state.kind == .fresh && state.isReady)
        }
    }

    @Test("Records on their way under live traffic do not make results old")
    mutating func traffic() {
        for second in 0..<100 {
            // What was there a second ago is applied by now.
            look(Double(second), end: Int64(second * 1_000), applied: Int64(second * 1_000 - 900))
            #expect(state.kind == .fresh)
            if second > 0 { #expect(asOf == Double(second) - 1 && state.lag == 900) }
        }
    }

    @Test("What waits longer makes results old, from the last moment on when nothing was missing, until it is applied")
    mutating func behind() {
        look(0, end: 5, applied: 5)
        for second in [1.0, 3, 6] {
            look(second, end: 8, applied: 5)
            #expect(state.kind == .fresh && asOf == 0 && state.lag == 3)
        }
        look(7, end: 9, applied: 7)
        #expect(state.kind == .behind && asOf == 0 && state.lag == 2 && state.isReady && state.problems.isEmpty)
        look(8, end: 9, applied: 8)
        #expect(state.kind == .fresh && asOf == 6 && state.lag == 1)
        look(9, end: 9, applied: 9)
        #expect(asOf == 9 && state.lag == 0)
    }

    @Test("A server that starts while records wait does not know how old results are, and says so after a while")
    mutating func startingBehind() {
        look(0, end: 5, applied: 2)
        #expect(state.kind == .fresh && state.asOf == nil && state.lag == 3)
        look(6, end: 5, applied: 2)
        #expect(state.kind == .behind && state.asOf == nil)
    }

    @Test("Catching up moves the moment along, and what is remembered for that is bounded")
    mutating func catchingUp() throws {
        look(0, end: 0, applied: 0)
        for second in 1...10_000 {
            look(Double(second), end: Int64(second * 10), applied: 0)
            #expect(state.waiting.count <= FreshnessState.lookLimit)
        }
        #expect(state.kind == .behind && asOf == 0)
        look(10_001, end: 100_010, applied: 50_000)
        let middle = try #require(asOf)
        // Some looks are forgotten, so that it may be an earlier one.
        #expect(middle > 4_000 && middle <= 5_000 && state.kind == .behind)
        look(10_002, end: 100_010, applied: 100_010)
        #expect(asOf == 10_002 && state.kind == .fresh && state.waiting.isEmpty)
    }

    @Test("Without Kafka the moment stays, up to what was known to be in the log")
    mutating func kafkaAway() {
        look(0, end: 5, applied: 5)
        look(1, end: 8, applied: 5)
        look(2, end: nil, applied: 6)
        #expect(state.kind == .kafkaAway && asOf == 0 && state.lag == 2)
        #expect(!state.isReady && !state.isKafkaUp && state.isRedisUp && state.problems == [Self.fault.sentence])
        look(3, end: nil, applied: 8)
        #expect(state.kind == .kafkaAway && asOf == 1 && state.lag == 0)
        look(60, end: 9, applied: 9)
        #expect(state.kind == .fresh && asOf == 60 && state.isReady)
    }

    @Test("Without Redis the moment and the lag stay")
    mutating func redisAway() {
        look(0, end: 5, applied: 5)
        look(1, end: 8, applied: nil)
        #expect(state.kind == .redisAway && asOf == 0 && state.lag == 0 && !state.isRedisUp && !state.isRedisFit)
        look(2, end: nil, applied: nil)
        #expect(state.kind == .redisAway && state.problems.count == 2)
        look(3, end: 8, applied: 8)
        #expect(state.kind == .fresh && asOf == 3)
    }

    @Test("A Redis that may not hold the numbers is there, and the server is not ready")
    mutating func unfit() {
        look(0, end: 5, applied: 5)
        state.take(.init(date: Self.noon + 1, log: .success([:]), ledger: .failure(.unfit(Self.fault))))
        #expect(state.isRedisUp && !state.isRedisFit && !state.isReady && state.problems == [Self.fault.sentence])
    }

    @Test("A stopped partition is a problem of its own, whatever else is well")
    mutating func stopped() {
        let stopped = StoppedPartition(Self.partition, since: 1, sentence: "its log was cut: run it anew")
        look(0, end: 5, applied: 5, stopped: [stopped])
        #expect(state.kind == .stopped && !state.isReady && asOf == 0)
        #expect(state.problems == ["sales.orders[0] is stopped: its log was cut: run it anew"])
        look(1, end: nil, applied: 5, stopped: [stopped])
        #expect(state.kind == .stopped && state.problems.count == 2)
        look(2, end: 5, applied: 5)
        #expect(state.kind == .fresh && state.isReady)
    }

    @Test("Where Redis has lost what it had, nobody knows how old the rest is")
    mutating func lostTail() {
        look(0, end: 9, applied: 9)
        look(1, end: 9, applied: 4)
        #expect(state.asOf == nil && state.lag == 5)
        look(2, end: 9, applied: 9)
        #expect(asOf == 2)
    }

    @Test("A partition counts as applied from its first record on, and each one counts")
    mutating func partitions() {
        let empty = TopicPartition(topic: "sales.people", partition: 3)
        look(0, [empty: Watermarks(low: 7, high: 7)], [:])
        #expect(asOf == 0 && state.lag == 0)
        look(1, [empty: Watermarks(low: 7, high: 9), Self.partition: Watermarks(low: 0, high: 4)], [Self.partition: 4])
        #expect(asOf == 0 && state.lag == 2)
        #expect(Set(state.partitions) == [empty, Self.partition])
        look(
            2,
            [empty: Watermarks(low: 7, high: 9), Self.partition: Watermarks(low: 0, high: 4)],
            [Self.partition: 4, empty: 9]
        )
        #expect(asOf == 2)
    }

    @Test("Viewers are told of what changes, not of every second, and not more often than once in some seconds")
    mutating func news() {
        var news = FreshnessNews()
        let start = ContinuousClock.now
        func isNews(_ state: FreshnessState, _ second: Int) -> Bool? {
            news.event(for: state, at: start + .seconds(second))?.isNews
        }
        look(0, end: 5, applied: 5)
        #expect(isNews(state, 0) == true)
        // For those who come later, who would be told a moment long gone.
        look(10, end: 5, applied: 5)
        #expect(isNews(state, 10) == false)
        look(11, end: 5, applied: nil)
        #expect(isNews(state, 11) == true)
        #expect(isNews(state, 20) == nil)
        look(21, end: 5, applied: 5)
        #expect(isNews(state, 21) == true)
        // Over before it is told: nobody gets it, not even who comes just then.
        look(22, end: nil, applied: 5)
        #expect(isNews(state, 22) == nil)
        look(23, end: 5, applied: 5)
        #expect(isNews(state, 23) == false)
        look(24, end: nil, applied: 5)
        #expect(isNews(state, 24) == true)
    }
}
