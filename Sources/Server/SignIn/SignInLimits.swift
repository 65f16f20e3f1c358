internal import Synchronization

/// Limits failed sign-ins: for each address, for each account, and for each address at an account.
///
/// Each limit is a bucket of attempts that refills slowly. A successful sign-in returns its attempt, so that many
/// people behind one address do not limit each other. No account is locked: an account's bucket refills faster than one
/// address can use it up. Even when many addresses use it up, its owner can sign in from an address used before.
final class SignInLimits: Sendable {
    /// How many attempts a full bucket has, and after how long it gets one more.
    fileprivate struct Rate {
        let burst: Int
        let period: Duration

        static let address = Rate(burst: 20, period: .seconds(6))
        static let account = Rate(burst: 30, period: .seconds(10))
        static let pair = Rate(burst: 5, period: .seconds(60))
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
        /// When each bucket will be full again, after ``start``; a full bucket may be absent.
        var full: [Key: Duration] = [:]
        /// The networks from which people signed in to each account, the latest last.
        var known: [Username: [[UInt8]]] = [:]
    }

    /// An attempt that is allowed.
    struct Attempt: Sendable {
        fileprivate let keys: [Key]
        fileprivate let network: [UInt8]
        fileprivate let username: Username?
        /// Whether the account's owner signed in from this network before.
        let isKnown: Bool
    }

    private let state = Mutex(State())
    /// Not the date, which may jump: a bucket must not stay empty for days because a clock was wrong.
    private let start = ContinuousClock.now
    private let capacity: Int

    /// - Parameter capacity: the most buckets in memory, at about 150 bytes each.
    init(capacity: Int = 50_000) { self.capacity = capacity }

    /// The number of buckets in memory.
    var count: Int { state.withLock { $0.full.count } }

    /// Uses up one attempt.
    /// - Parameters:
    ///   - address: nil when it is unknown; unknown addresses count as one address.
    ///   - username: nil for a link or an invalid username; then only the address is limited.
    /// - Throws: a ``Problem`` with the seconds to wait.
    func attempt(
        from address: ClientAddress?,
        at username: Username?,
        now: ContinuousClock.Instant
    ) throws(Problem) -> Attempt {
        let now = start.duration(to: now)
        let network = address?.network ?? []
        let result: Result<Attempt, Problem> = state.withLock { state in
            var keys = [Key.address(network)]
            let isKnown = username.map { state.known[$0]?.contains(network) ?? false } ?? false
            if let username {
                keys.append(.pair(network, username))
                if !isKnown { keys.append(.account(username)) }
            }
            let wait =
                keys.map { key in
                    max(state.full[key] ?? now, now) + key.rate.period - now - key.rate.period * key.rate.burst
                }.max() ?? .zero
            guard wait <= .zero else {
                return .failure(.tooManyAttempts(seconds: wait.secondsRoundedUp))
            }
            for key in keys { state.full[key] = max(state.full[key] ?? now, now) + key.rate.period }
            trim(&state, now: now)
            return .success(Attempt(keys: keys, network: network, username: username, isKnown: isKnown))
        }
        return try result.get()
    }

    /// Returns an attempt that did not try anything.
    func undo(_ attempt: Attempt) {
        state.withLock { state in
            for key in attempt.keys { state.full[key]? -= key.rate.period }
        }
    }

    /// Returns the attempt of a successful sign-in, and remembers its network.
    func succeeded(_ attempt: Attempt) {
        undo(attempt)
        state.withLock { state in
            guard let username = attempt.username else { return }
            var networks = state.known[username] ?? []
            networks.removeAll { $0 == attempt.network }
            networks.append(attempt.network)
            state.known[username] = networks.suffix(8)
        }
    }

    /// Limits memory. Above the capacity it removes full buckets; if over half remain, those that are full soonest too.
    private func trim(_ state: inout State, now: Duration) {
        guard state.full.count > capacity else { return }
        state.full = state.full.filter { $0.value > now }
        guard state.full.count > capacity / 2 else { return }
        let latest = state.full.sorted { $0.value > $1.value }.prefix(capacity / 2)
        state.full = Dictionary(uniqueKeysWithValues: latest.map { ($0.key, $0.value) })
    }
}

extension Duration {
    fileprivate var secondsRoundedUp: Int { Int(components.seconds) + (components.attoseconds > 0 ? 1 : 0) }
}
