package import Ledger
package import Redis
internal import Synchronization

/// The way to a Redis that many requests share. While Redis does not answer, the circuit is open: requests fail at once
/// instead of waiting, except for one probe at a time. So no requests pile up, and clients learn soon that they have to
/// try again.
package final class CircuitBreaker: RedisLink {
    private let link: any RedisLink
    private let state = Mutex(CircuitBreakerState())

    /// A closed circuit.
    package init(_ link: any RedisLink) { self.link = link }

    /// - Throws: what Redis, or the connection to it, throws; the last such error while the circuit is open.
    package func send(_ pipeline: RedisPipeline) async throws(RedisError) -> [RedisValue] {
        let call: CircuitBreakerState.Call
        switch state.withLock({ $0.begin(at: .now) }) {
        case .success(let begun): call = begun
        case .failure(let error): throw error
        }
        do throws(RedisError) {
            let replies = try await link.send(pipeline)
            state.withLock { $0.end(call, error: nil, at: .now) }
            return replies
        } catch {
            state.withLock { $0.end(call, error: error, at: .now) }
            throw error
        }
    }
}

/// Decides which calls pass a circuit breaker; a value without I/O.
struct CircuitBreakerState {
    /// The most calls that wait for an answer at the same time.
    static let limit = 4_096
    /// How long the circuit stays open before a probe.
    static let openTime = Duration.milliseconds(500)

    /// A call that passes.
    enum Call: Hashable {
        case normal
        case probe
    }

    private enum Phase {
        case closed
        /// With the reason.
        case open(RedisError, until: ContinuousClock.Instant)
        /// A probe is on its way.
        case halfOpen(RedisError)
    }

    private var phase = Phase.closed
    private var calls = 0

    mutating func begin(at now: ContinuousClock.Instant) -> Result<Call, RedisError> {
        switch phase {
        case .closed:
            guard calls < Self.limit else { return .failure(.overloaded) }
            calls += 1
            return .success(.normal)
        case .open(let error, let end):
            guard now >= end else { return .failure(error) }
            phase = .halfOpen(error)
            calls += 1
            return .success(.probe)
        case .halfOpen(let error): return .failure(error)
        }
    }

    /// - Parameter error: nil for an answer.
    mutating func end(_ call: Call, error: RedisError?, at now: ContinuousClock.Instant) {
        calls -= 1
        switch (error, phase) {
        case (nil, _): phase = .closed
        // What was sent before the circuit opened says nothing new.
        case (_, .halfOpen) where call == .normal: break
        case (.connectionFailed?, _), (.timeout?, _): phase = .open(error ?? .overloaded, until: now + Self.openTime)
        // The probe ended without a result: the next call is a probe.
        case (_, .halfOpen(let reason)): phase = .open(reason, until: now)
        default: break
        }
    }
}
