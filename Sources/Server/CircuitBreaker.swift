package import Ledger
package import Redis
internal import Synchronization

/// A circuit breaker for a Redis connection that many requests share. While Redis does not answer, the circuit is
/// open: requests fail at once, except for one probe at a time. So requests do not pile up, and clients learn quickly
/// that they must try again.
package final class CircuitBreaker: RedisLink {
    private let link: any RedisLink
    private let state = Mutex(CircuitBreakerState())

    /// A breaker whose circuit is closed.
    package init(_ link: any RedisLink) { self.link = link }

    /// - Throws: the error of `link`; while the circuit is open, the error that opened it;
    ///   ``RedisError/overloaded`` when too many calls wait.
    package func send(_ pipeline: RedisPipeline) async throws(RedisError) -> RedisReplies {
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

    /// A call that may be sent.
    enum Call: Hashable {
        case normal
        case probe
    }

    private enum Phase {
        case closed
        /// With the error that opened the circuit.
        case open(RedisError, until: ContinuousClock.Instant)
        /// A probe waits for its answer; with the error that opened the circuit.
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

    /// - Parameter error: nil when Redis answered.
    mutating func end(_ call: Call, error: RedisError?, at now: ContinuousClock.Instant) {
        calls -= 1
        switch (error, phase) {
        case (nil, _): phase = .closed
        // This call was sent before the circuit opened: its failure is not new.
        case (_, .halfOpen) where call == .normal: break
        // `.server`: Redis refuses the sign-in.
        case (.connectionFailed?, _), (.timeout?, _), (.server?, _), (.notTrusted?, _):
            phase = .open(error ?? .overloaded, until: now + Self.openTime)
        // The probe did not show whether Redis answers: the next call is a probe.
        case (_, .halfOpen(let reason)): phase = .open(reason, until: now)
        default: break
        }
    }
}
