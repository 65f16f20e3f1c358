import Foundation
import Ledger
import Log
import Redis
import Testing

@testable import Server

@Suite("Freshness of the results, without I/O")
struct FreshnessStateTests {
    private static let partition = ServerFixture.orders
    private static let noon = ServerFixture.now
    private static let fault = FreshnessState.Fault(sentence: "It does not answer: start it.")
    private var state = FreshnessState()

    /// A check so many seconds after noon, with the log's end and the next offset to apply. Nil: no answer.
    private mutating func check(_ second: Double, end: Int64?, applied: Int64?, stopped: [StoppedPartition] = []) {
        let watermarks = end.map { end in [Self.partition: Watermarks(low: 0, high: end)] }
        let next = applied.map { applied -> [TopicPartition: Int64] in [Self.partition: applied] }
        check(second, watermarks, next, stopped)
    }

    private mutating func check(
        _ second: Double,
        _ watermarks: [TopicPartition: Watermarks]?,
        _ applied: [TopicPartition: Int64]?,
        _ stopped: [StoppedPartition] = []
    ) {
        let cursors = applied?.filter { $0.value > 0 }.mapValues {
            Cursor(next: $0, last: .init(offset: $0 - 1, checksum: 0))
        }
        state.apply(
            FreshnessState.Observation(
                date: Self.noon + second,
                log: watermarks.map { .success($0) } ?? .failure(Self.fault),
                ledger: cursors.map { .success(LedgerHealth(stopped: stopped, cursors: $0)) }
                    ?? .failure(.unavailable(Self.fault))
            )
        )
    }

    private var asOf: Double? { state.asOf?.timeIntervalSince(Self.noon) }

    @Test("While no records wait, the results are as new as the last check")
    mutating func nothingWaits() {
        #expect(state.asOf == nil && state.lag == nil)
        for second in 0..<20 {
            check(Double(second), end: 7, applied: 7)
            #expect(asOf == Double(second) && state.lag == 0 && state.kind == .fresh && state.isReady)
        }
    }

    @Test("Records that wait for a second under live traffic do not make the results old")
    mutating func traffic() {
        for second in 0..<100 {
            // The records that were in the log a second ago are applied by now.
            check(Double(second), end: Int64(second * 1_000), applied: Int64(second * 1_000 - 900))
            #expect(state.kind == .fresh)
            if second > 0 { #expect(asOf == Double(second) - 1 && state.lag == 900) }
        }
    }

    @Test("Records that wait longer make the results old, until they are applied")
    mutating func behind() {
        check(0, end: 5, applied: 5)
        for second in [1.0, 3, 6] {
            check(second, end: 8, applied: 5)
            #expect(state.kind == .fresh && asOf == 0 && state.lag == 3)
        }
        check(7, end: 9, applied: 7)
        #expect(state.kind == .behind && asOf == 0 && state.lag == 2 && state.isReady && state.problems.isEmpty)
        check(8, end: 9, applied: 8)
        #expect(state.kind == .fresh && asOf == 6 && state.lag == 1)
        check(9, end: 9, applied: 9)
        #expect(asOf == 9 && state.lag == 0)
    }

    @Test("A server that starts while records wait does not know the age of the results")
    mutating func startingBehind() {
        check(0, end: 5, applied: 2)
        #expect(state.kind == .fresh && state.asOf == nil && state.lag == 3)
        check(6, end: 5, applied: 2)
        #expect(state.kind == .behind && state.asOf == nil)
    }

    @Test("The time of the results advances while records are applied, and only a limited number of checks is kept")
    mutating func catchingUp() throws {
        check(0, end: 0, applied: 0)
        for second in 1...10_000 {
            check(Double(second), end: Int64(second * 10), applied: 0)
            #expect(state.pending.count <= FreshnessState.observationLimit)
        }
        #expect(state.kind == .behind && asOf == 0)
        check(10_001, end: 100_010, applied: 50_000)
        let middle = try #require(asOf)
        // Only some checks are kept, so that the time may be an earlier one.
        #expect(middle > 4_000 && middle <= 5_000 && state.kind == .behind)
        check(10_002, end: 100_010, applied: 100_010)
        #expect(asOf == 10_002 && state.kind == .fresh && state.pending.isEmpty)
    }

    @Test("Without Kafka the time of the results advances at most to the last check of the log")
    mutating func kafkaAway() {
        check(0, end: 5, applied: 5)
        check(1, end: 8, applied: 5)
        check(2, end: nil, applied: 6)
        #expect(state.kind == .kafkaAway && asOf == 0 && state.lag == 2)
        #expect(!state.isReady && !state.isKafkaUp && state.isRedisUp && state.problems == [Self.fault.sentence])
        check(3, end: nil, applied: 8)
        #expect(state.kind == .kafkaAway && asOf == 1 && state.lag == 0)
        check(60, end: 9, applied: 9)
        #expect(state.kind == .fresh && asOf == 60 && state.isReady)
    }

    @Test("Without Redis the time of the results and the lag do not change")
    mutating func redisAway() {
        check(0, end: 5, applied: 5)
        check(1, end: 8, applied: nil)
        #expect(state.kind == .redisAway && asOf == 0 && state.lag == 0 && !state.isRedisUp && !state.isRedisFit)
        check(2, end: nil, applied: nil)
        #expect(state.kind == .redisAway && state.problems.count == 2)
        check(3, end: 8, applied: 8)
        #expect(state.kind == .fresh && asOf == 3)
    }

    @Test("With a Redis that is not fit for the ledger, Redis is up and the server is not ready")
    mutating func unfit() {
        check(0, end: 5, applied: 5)
        state.apply(.init(date: Self.noon + 1, log: .success([:]), ledger: .failure(.unfit(Self.fault))))
        #expect(state.isRedisUp && !state.isRedisFit && !state.isReady && state.problems == [Self.fault.sentence])
        #expect(state.kind == .stopped)
    }

    @Test("A Redis that refuses postings is a problem, although it answers and nothing waits")
    mutating func refusing() {
        func health(_ refusals: [String]) -> FreshnessState.Observation {
            .init(
                date: Self.noon,
                log: .success([:]),
                ledger: .success(LedgerHealth(stopped: [], cursors: [:], refusals: refusals))
            )
        }
        state.apply(health(["Redis has no memory left"]))
        #expect(state.isRedisFit && !state.isReady && state.kind == .stopped)
        #expect(state.problems == ["Redis has no memory left"])
        state.apply(health([]))
        #expect(state.isReady && state.kind == .fresh)
    }

    @Test("While the targets are being loaded the server is not ready, and says how far it is")
    mutating func loading() {
        var observation = FreshnessState.Observation(
            date: Self.noon,
            log: .success([:]),
            ledger: .success(LedgerHealth(stopped: [], cursors: [:]))
        )
        observation.loading = CatalogLoading(read: 120_000, count: 924_000)
        state.apply(observation)
        #expect(!state.isReady && state.problems.count == 1)
        #expect(state.problems.first?.contains("120000 of 924000") == true)
        observation.loading = nil
        state.apply(observation)
        #expect(state.isReady)
    }

    @Test("When records wait and none is applied for more than a minute, that is a problem")
    mutating func standstill() {
        for second in [0.0, 30, 60] {
            check(second, end: 9, applied: 5)
            #expect(state.isReady, "\(second)")
        }
        check(61, end: 9, applied: 5)
        #expect(!state.isReady && state.kind == .behind)
        #expect(state.problems.count == 1 && state.problems.allSatisfy { $0.contains("4 records wait") })
        check(62, end: 9, applied: 6)
        #expect(state.isReady)
        for second in [63.0, 130, 200] {
            check(second, end: 6, applied: 6)
            #expect(state.isReady, "\(second)")
        }
    }

    @Test("A stopped partition is a problem, also while Kafka and Redis answer")
    mutating func stopped() {
        let stopped = StoppedPartition(Self.partition, since: 1, sentence: "its log was cut: run rebuild")
        check(0, end: 5, applied: 5, stopped: [stopped])
        #expect(state.kind == .stopped && !state.isReady && asOf == 0)
        #expect(state.problems == ["sales.orders[0] is stopped: its log was cut: run rebuild"])
        check(1, end: nil, applied: 5, stopped: [stopped])
        #expect(state.kind == .stopped && state.problems.count == 2)
        check(2, end: 5, applied: 5)
        #expect(state.kind == .fresh && state.isReady)
    }

    @Test("When a cursor moves back, the age of the results is not known")
    mutating func lostTail() {
        check(0, end: 9, applied: 9)
        check(1, end: 9, applied: 4)
        #expect(state.asOf == nil && state.lag == 5)
        check(2, end: 9, applied: 9)
        #expect(asOf == 2)
    }

    @Test("A partition without a cursor is read from its first record, and every partition counts")
    mutating func partitions() {
        let empty = TopicPartition(topic: "sales.people", partition: 3)
        check(0, [empty: Watermarks(low: 7, high: 7)], [:])
        #expect(asOf == 0 && state.lag == 0)
        let ends = [empty: Watermarks(low: 7, high: 9), Self.partition: Watermarks(low: 0, high: 4)]
        check(1, ends, [Self.partition: 4])
        #expect(asOf == 0 && state.lag == 2)
        #expect(Set(state.partitions) == [empty, Self.partition])
        check(2, ends, [Self.partition: 4, empty: 9])
        #expect(asOf == 2)
    }

    @Test("Viewers get an event only when freshness changes, and at most once in some seconds")
    mutating func news() {
        var events = FreshnessEvents()
        let start = ContinuousClock.now
        func isForOpenStreams(_ state: FreshnessState, _ second: Int) -> Bool? {
            events.event(for: state, at: start + .seconds(second))?.isForOpenStreams
        }
        check(0, end: 5, applied: 5)
        #expect(isForOpenStreams(state, 0) == true)
        // It replaces the old time for viewers who open a stream later.
        check(10, end: 5, applied: 5)
        #expect(isForOpenStreams(state, 10) == false)
        check(11, end: 5, applied: nil)
        #expect(isForOpenStreams(state, 11) == true)
        #expect(isForOpenStreams(state, 20) == nil)
        check(21, end: 5, applied: 5)
        #expect(isForOpenStreams(state, 21) == true)
        // The state ended before it was sent, so that no viewer gets it.
        check(22, end: nil, applied: 5)
        #expect(isForOpenStreams(state, 22) == nil)
        check(23, end: 5, applied: 5)
        #expect(isForOpenStreams(state, 23) == false)
        check(24, end: nil, applied: 5)
        #expect(isForOpenStreams(state, 24) == true)
    }
}
