package import Ledger
package import Redis
internal import Synchronization

/// The way to a Redis that many requests share: while it does not answer, they are refused at once instead of waiting,
/// all but one at a time, which tries. So nothing piles up, and who asks hears soon that they have to ask again.
package final class RedisGate: RedisLink {
    private let link: any RedisLink
    private let state = Mutex(RedisGateState())

    /// A gate that is open.
    package init(_ link: any RedisLink) { self.link = link }

    /// - Throws: what Redis, or the way to it, throws; the last such error while the gate is shut.
    package func send(_ pipeline: RedisPipeline) async throws(RedisError) -> [RedisValue] {
        let visit: RedisGateState.Visit
        switch state.withLock({ $0.enter(at: .now) }) {
        case .success(let entered): visit = entered
        case .failure(let error): throw error
        }
        do throws(RedisError) {
            let replies = try await link.send(pipeline)
            state.withLock { $0.leave(visit, error: nil, at: .now) }
            return replies
        } catch {
            state.withLock { $0.leave(visit, error: error, at: .now) }
            throw error
        }
    }
}

/// Who passes a gate; a value without I/O.
struct RedisGateState {
    /// The most that wait for an answer at the same time.
    static let limit = 4_096
    /// How long it is left alone after a failure before one tries.
    static let rest = Duration.milliseconds(500)

    /// One that has passed.
    enum Visit: Hashable {
        case usual
        case trial
    }

    private enum Phase {
        case open
        /// With the reason.
        case shut(RedisError, until: ContinuousClock.Instant)
        case trying(RedisError)
    }

    private var phase = Phase.open
    private var visits = 0

    mutating func enter(at now: ContinuousClock.Instant) -> Result<Visit, RedisError> {
        switch phase {
        case .open:
            guard visits < Self.limit else { return .failure(.overloaded) }
            visits += 1
            return .success(.usual)
        case .shut(let error, let end):
            guard now >= end else { return .failure(error) }
            phase = .trying(error)
            visits += 1
            return .success(.trial)
        case .trying(let error): return .failure(error)
        }
    }

    /// - Parameter error: nil for an answer.
    mutating func leave(_ visit: Visit, error: RedisError?, at now: ContinuousClock.Instant) {
        visits -= 1
        switch (error, phase) {
        case (nil, _): phase = .open
        // What was sent before tells nothing new.
        case (_, .trying) where visit == .usual: break
        case (.connectionFailed?, _), (.timeout?, _): phase = .shut(error ?? .overloaded, until: now + Self.rest)
        // It was not found out: whoever comes next tries.
        case (_, .trying(let reason)): phase = .shut(reason, until: now)
        default: break
        }
    }
}
