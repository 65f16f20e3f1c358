internal import Foundation
internal import Synchronization

/// How often one may fail to sign in: from an address, at an account, and from an address at an account.
///
/// Each is a bucket of attempts that fills up slowly; a sign-in that succeeds gives its attempt back, so that many people
/// behind one address do not limit each other. Nothing locks an account: what one stranger can use up of its attempts is
/// less than what fills up, and even when many strangers use up all, those still get in who signed in from the same
/// address before.
final class SignInLimits: Sendable {
    /// What may be tried at once, and after how many seconds one more may be.
    fileprivate struct Rate {
        let burst: Double
        let period: Double

        static let address = Rate(burst: 20, period: 6)
        static let account = Rate(burst: 30, period: 10)
        static let pair = Rate(burst: 5, period: 60)
    }

    fileprivate enum Key: Hashable {
        case address([UInt8])
        case account(Username)
        case pair([UInt8], Username)

        var rate: Rate {
            switch self {
            case .address: .address
            case .account: .account
            case .pair: .pair
            }
        }
    }

    private struct State {
        /// When each bucket will be full again, in seconds since 1970; one that is full is left out.
        var full: [Key: Double] = [:]
        /// From where someone signed in by an account, the latest last.
        var known: [Username: [[UInt8]]] = [:]
    }

    /// An attempt that may be made.
    struct Attempt: Sendable {
        fileprivate let keys: [Key]
        fileprivate let network: [UInt8]
        fileprivate let username: Username?
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// - Parameter capacity: how many buckets are kept, at some 150 bytes each.
    init(capacity: Int = 50_000) { self.capacity = capacity }

    /// How many buckets are kept.
    var count: Int { state.withLock { $0.full.count } }

    /// Takes an attempt.
    /// - Parameters:
    ///   - address: nil when it is not known; then all such are one.
    ///   - username: nil when what was given cannot be one; then no account is tried.
    /// - Throws: a problem that says when to try again.
    func attempt(from address: ClientAddress?, at username: Username?, now: Date) throws(Problem) -> Attempt {
        let now = now.timeIntervalSince1970
        let network = address?.network ?? []
        let result: Result<Attempt, Problem> = state.withLock { state in
            var keys = [Key.address(network)]
            if let username {
                keys.append(.pair(network, username))
                if !(state.known[username]?.contains(network) ?? false) { keys.append(.account(username)) }
            }
            let wait =
                keys.map { key in
                    max(state.full[key] ?? now, now) + key.rate.period - now - key.rate.burst * key.rate.period
                }.max() ?? 0
            guard wait <= 0 else { return .failure(.tooManyAttempts(seconds: Int(wait.rounded(.up)))) }
            for key in keys { state.full[key] = max(state.full[key] ?? now, now) + key.rate.period }
            forget(&state, now: now)
            return .success(Attempt(keys: keys, network: network, username: username))
        }
        return try result.get()
    }

    /// Gives back an attempt that succeeded, and remembers where it came from.
    func succeeded(_ attempt: Attempt) {
        state.withLock { state in
            for key in attempt.keys { state.full[key]? -= key.rate.period }
            guard let username = attempt.username else { return }
            var networks = state.known[username] ?? []
            networks.removeAll { $0 == attempt.network }
            networks.append(attempt.network)
            state.known[username] = networks.suffix(8)
        }
    }

    /// Keeps memory bounded: full buckets are forgotten, and when all are in use, the half that is full soonest.
    private func forget(_ state: inout State, now: Double) {
        guard state.full.count > capacity else { return }
        state.full = state.full.filter { $0.value > now }
        guard state.full.count > capacity / 2 else { return }
        let latest = state.full.sorted { $0.value > $1.value }.prefix(capacity / 2)
        state.full = Dictionary(uniqueKeysWithValues: latest.map { ($0.key, $0.value) })
    }
}
