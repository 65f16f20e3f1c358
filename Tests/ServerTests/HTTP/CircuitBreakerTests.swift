import Foundation
import Ledger
import Redis
import Server
import Synchronization
import Testing

@testable import Server

@Suite("The gate before Redis", .timeLimit(.minutes(1)))
struct RedisGateTests {
    private var gate = CircuitBreakerState()
    private let start = ContinuousClock.now

    private mutating func enter(_ milliseconds: Int = 0) -> Result<CircuitBreakerState.Call, RedisError> {
        gate.begin(at: start + .milliseconds(milliseconds))
    }

    @Test("While Redis does not answer all are refused with the reason, but one at a time that tries")
    mutating func shut() {
        #expect(enter() == .success(.normal) && enter() == .success(.normal))
        gate.end(.normal, error: .timeout("slow"), at: start)
        #expect(enter(499) == .failure(.timeout("slow")))
        #expect(enter(500) == .success(.probe))
        // What was sent before it was shut does not matter any more.
        gate.end(.normal, error: .connectionClosed("gone"), at: start + .milliseconds(501))
        for _ in 0..<100 { #expect(enter(2_000) == .failure(.timeout("slow"))) }
        gate.end(.probe, error: .connectionFailed("refused"), at: start + .milliseconds(2_000))
        #expect(enter(2_100) == .failure(.connectionFailed("refused")))
        #expect(enter(2_500) == .success(.probe))
        gate.end(.probe, error: nil, at: start + .milliseconds(2_600))
        for _ in 0..<100 { #expect(enter(2_600) == .success(.normal)) }
    }

    @Test("A trial that was given up lets the next one try")
    mutating func cancelledTrial() {
        _ = enter()
        gate.end(.normal, error: .connectionFailed("refused"), at: start)
        #expect(enter(600) == .success(.probe))
        gate.end(.probe, error: .cancelled, at: start + .milliseconds(700))
        #expect(enter(700) == .success(.probe))
    }

    @Test(
        "What says nothing of whether Redis answers does not shut it",
        arguments: [RedisError.cancelled, .overloaded, .connectionClosed("restarted"), .badURL("x")]
    )
    mutating func otherErrors(error: RedisError) {
        _ = enter()
        gate.end(.normal, error: error, at: start)
        #expect(enter() == .success(.normal))
    }

    @Test("No more wait at the same time than are allowed")
    mutating func limit() {
        for _ in 0..<CircuitBreakerState.limit { #expect(enter() == .success(.normal)) }
        #expect(enter() == .failure(.overloaded))
        gate.end(.normal, error: nil, at: start)
        #expect(enter() == .success(.normal))
    }

    @Test("However many ask a Redis that hangs, one of them waits for it and the others are refused")
    func crowd() async throws {
        let link = HangingLink()
        let gate = CircuitBreaker(link)
        await #expect(throws: RedisError.timeout("hangs")) { try await gate.send(RedisPipeline()) }
        // The link answers this one only when it is told to.
        let trial = Task { () async -> Bool in
            while link.asked.withLock({ $0 }) < 2 { _ = try? await gate.send(RedisPipeline()) }
            return true
        }
        await link.untilAsked(2)
        for _ in 0..<1_000 {
            await #expect(throws: RedisError.timeout("hangs")) { try await gate.send(RedisPipeline()) }
        }
        #expect(link.asked.withLock { $0 } == 2)
        link.answer()
        #expect(await trial.value)
        #expect(try await gate.send(RedisPipeline()).isEmpty)
    }
}

/// Fails at once when asked first, answers when told to when asked again, and then always.
private final class HangingLink: RedisLink {
    let asked = Mutex(0)
    private let (answers, continuation) = AsyncStream.makeStream(of: Void.self)

    func send(_ pipeline: RedisPipeline) async throws(RedisError) -> [RedisValue] {
        let number = asked.withLock { asked in
            asked += 1
            return asked
        }
        if number == 1 { throw .timeout("hangs") }
        if number == 2 { for await _ in answers { break } }
        return []
    }

    func untilAsked(_ count: Int) async {
        while asked.withLock({ $0 }) < count { await Task.yield() }
    }

    func answer() { continuation.yield() }
}
