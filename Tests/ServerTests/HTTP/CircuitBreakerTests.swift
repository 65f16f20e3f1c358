import Foundation
import Ledger
import Redis
import Server
import Synchronization
import Testing

@testable import Server

@Suite("The circuit breaker in front of Redis", .timeLimit(.minutes(1)))
struct CircuitBreakerTests {
    private var breaker = CircuitBreakerState()
    private let start = ContinuousClock.now

    private mutating func begin(_ milliseconds: Int = 0) -> Result<CircuitBreakerState.Call, RedisError> {
        breaker.begin(at: start + .milliseconds(milliseconds))
    }

    @Test("While the breaker is open, requests fail with its reason, except one probe at a time")
    mutating func open() {
        #expect(begin() == .success(.normal) && begin() == .success(.normal))
        breaker.end(.normal, error: .timeout("slow"), at: start)
        #expect(begin(499) == .failure(.timeout("slow")))
        #expect(begin(500) == .success(.probe))
        // The end of a request that was sent before the breaker opened changes nothing.
        breaker.end(.normal, error: .connectionClosed("gone"), at: start + .milliseconds(501))
        for _ in 0..<100 { #expect(begin(2_000) == .failure(.timeout("slow"))) }
        breaker.end(.probe, error: .connectionFailed("refused"), at: start + .milliseconds(2_000))
        #expect(begin(2_100) == .failure(.connectionFailed("refused")))
        #expect(begin(2_500) == .success(.probe))
        breaker.end(.probe, error: nil, at: start + .milliseconds(2_600))
        for _ in 0..<100 { #expect(begin(2_600) == .success(.normal)) }
    }

    @Test("After a cancelled probe the next request is a probe")
    mutating func cancelledProbe() {
        _ = begin()
        breaker.end(.normal, error: .connectionFailed("refused"), at: start)
        #expect(begin(600) == .success(.probe))
        breaker.end(.probe, error: .cancelled, at: start + .milliseconds(700))
        #expect(begin(700) == .success(.probe))
    }

    @Test(
        "An error that does not show that Redis is unavailable does not open the breaker",
        arguments: [RedisError.cancelled, .overloaded, .connectionClosed("restarted"), .badURL("x")]
    )
    mutating func otherErrors(error: RedisError) {
        _ = begin()
        breaker.end(.normal, error: error, at: start)
        #expect(begin() == .success(.normal))
    }

    @Test("The number of requests at the same time is limited")
    mutating func limit() {
        for _ in 0..<CircuitBreakerState.limit { #expect(begin() == .success(.normal)) }
        #expect(begin() == .failure(.overloaded))
        breaker.end(.normal, error: nil, at: start)
        #expect(begin() == .success(.normal))
    }

    @Test("While Redis hangs, one probe waits for it and all other requests fail at once")
    func manyRequests() async throws {
        let link = HangingLink()
        let breaker = CircuitBreaker(link)
        await #expect(throws: RedisError.timeout("hangs")) { try await breaker.send(RedisPipeline()) }
        // The link answers this request only after `answer()`.
        let probe = Task { () async -> Bool in
            while link.requests.withLock({ $0 }) < 2 { _ = try? await breaker.send(RedisPipeline()) }
            return true
        }
        await link.untilRequested(2)
        for _ in 0..<1_000 {
            await #expect(throws: RedisError.timeout("hangs")) { try await breaker.send(RedisPipeline()) }
        }
        #expect(link.requests.withLock { $0 } == 2)
        link.answer()
        #expect(await probe.value)
        #expect(try await breaker.send(RedisPipeline()).isEmpty)
    }
}

/// The first request fails, the second waits for `answer()`, and every later one succeeds.
private final class HangingLink: RedisLink {
    let requests = Mutex(0)
    private let (answers, continuation) = AsyncStream.makeStream(of: Void.self)

    func send(_ pipeline: RedisPipeline) async throws(RedisError) -> RedisReplies {
        let number = requests.withLock { requests in
            requests += 1
            return requests
        }
        if number == 1 { throw .timeout("hangs") }
        if number == 2 { for await _ in answers { break } }
        return []
    }

    func untilRequested(_ count: Int) async {
        while requests.withLock({ $0 }) < count { await Task.yield() }
    }

    func answer() { continuation.yield() }
}
